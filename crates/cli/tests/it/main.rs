//! What the real executable prints, and how it exits.
#![expect(clippy::disallowed_methods, reason = "a real process is tested, on the real clock")]

mod run;
mod target;

mod demo;
mod readme;
mod shop;

mod scripts;

mod arrivals;
mod plans;
mod sale;

mod dynamodb;

mod find;

mod records;

mod advice;
mod comparison;
mod reports;
mod schema;
mod secrets;
mod verification;
mod workflow;

mod interruption;

mod house;
