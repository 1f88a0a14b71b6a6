//! What the real executable prints, and how it exits.
#![expect(clippy::disallowed_methods, reason = "a real process is tested, on the real clock")]

mod peers;
mod practice;
mod records;
mod run;
mod target;

mod demo;
mod dynamodb;
mod emulators;
mod shop;
mod sizes;
mod start;

mod advice;
mod builtin;
mod circles;
mod comparison;
mod hostile;
mod house;
mod interruption;
mod lifecycle;
mod modules;
mod network;
mod options;
mod outputs;
mod plans;
mod readme;
mod reports;
mod requests;
mod responses;
mod sale;
mod schema;
mod script;
mod summary;
mod workflow;
mod wrong;
