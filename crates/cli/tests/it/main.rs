//! What the real executable prints, and how it exits.
#![expect(clippy::disallowed_methods, reason = "a real process is tested, on the real clock")]

mod run;
mod target;

mod demo;
mod shop;
mod start;

mod builtin;
mod hostile;
mod house;
mod interruption;
mod lifecycle;
mod modules;
mod network;
mod options;
mod requests;
mod responses;
mod sale;
mod script;
mod summary;
mod wrong;
