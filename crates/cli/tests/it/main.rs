//! What the real executable prints, and how it exits.
#![expect(clippy::disallowed_methods, reason = "a real process is tested, on the real clock")]

mod run;
mod target;

mod demo;
mod readme;
mod shop;

mod scripts;

mod arrivals;
mod breaking;
#[path = "../../../report/tests/report/numbers.rs"]
mod numbers;
mod plans;
mod sale;
mod truth;
mod verdicts;

mod dynamodb;

mod find;

mod records;

mod advice;
mod comparison;
mod reports;
mod schema;
mod secrets;
mod tables;
mod verification;
mod workflow;

mod duet;
mod interruption;

mod house;
