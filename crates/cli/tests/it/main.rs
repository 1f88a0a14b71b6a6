//! What the real executable prints, and how it exits.
#![expect(clippy::disallowed_methods, reason = "a real process is tested, on the real clock")]

mod peers;
mod run;
mod target;

mod demo;
mod readme;
mod shop;

mod scripts;

mod breaking;
mod contention;
mod judging;
#[path = "../../../report/tests/report/numbers.rs"]
mod numbers;
mod plans;
mod sale;
mod verdicts;

mod dynamodb;

mod records;

mod advice;
mod reliability;
mod reports;
mod schema;
mod shown;
mod tables;
mod workflow;

mod chaos;
mod fuzz;
mod interruption;

mod live;
mod locust;

mod cluster;

mod outputs;

mod house;
