//! A test before it runs: what a front end makes of a script, a plan or a command.
//!
//! A [`FrontEnd`] loads a [`Request`] and answers each [`Test`] in it, or everything that is wrong with it at once
//! ([`LoadError`]). A test says how it is run ([`Options`]), what its virtual users do, and what it expects. What runs
//! it (the crate `session`) knows no front end, and a front end knows no other.

// The options as one JSON literal, in a test.
#![cfg_attr(test, recursion_limit = "256")]

mod find;
mod front_end;
mod interrupt;
mod load_error;
mod log;
mod options;
mod problem;
mod request;
mod secret_sources;
mod stage;
mod test;

pub use flashcrowd_modules::{LARGEST_DATA, LARGEST_SOURCE, read_text};

pub use find::{Bounds, FindSettings};
pub use front_end::{FrontEnd, front_end_of};
pub use interrupt::{Attendance, Interrupt};
pub use load_error::LoadError;
pub use log::{Level, Log, Message, Source};
pub use options::*;
pub use problem::{Place, Problem};
pub use request::{Layers, Origin, Request};
pub use secret_sources::{SecretError, SecretKind, SecretSource, SecretSources, SecretUrl};
pub use stage::StageFailure;
pub use test::{Audits, Stocks, SummaryFiles, TargetMetrics, Test};
