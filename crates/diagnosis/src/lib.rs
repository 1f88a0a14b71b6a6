//! Judges a recorded run: what was expected of it, what is found in it, where it broke.
//!
//! [`judge()`] reads what a record holds and nothing else. What may be expected is the table of [`Expectation`]s, what
//! may be found the table of [`FINDINGS`]; each is one file. [`compare()`] puts two records side by side.

mod breaking_point;
mod codes;
mod compare;
mod course;
mod dynamodb;
mod evidence;
mod expectation;
mod finding;
mod from_due;
mod generator_load;
mod instances;
mod judge;
mod pace;
mod request_names;
mod row;
#[cfg(test)]
mod simulator;
mod stats;
mod steps;
mod tally;
mod unconfirmed;
mod verdict;
mod verification;
mod words;

pub use breaking_point::{breaking_point, is_past_breaking_point};
pub use codes::named as code_name;
pub use compare::{
    About, Answer, Change, Comparison, Conclusion, ENOUGH_RUNS, Interval, OutcomeChange, Scale, State,
    StepChange, Subject, compare, compare_runs,
};
pub use dynamodb::place_name;
pub use evidence::Evidence;
pub use expectation::{
    Bound, Expectation, ExpectationError, ExpectationKind, Needs, Utilization, expectation_text,
};
pub use finding::{FINDINGS, FindingKind, FindingText, finding_text, pools};
pub use from_due::step_response_times;
pub use generator_load::{BUSY_SHARE, GeneratorLoad, LATE_MS};
pub use judge::{DEFINITIONS, judge};
pub use request_names::RequestNames;
pub use steps::steps;
pub use verdict::{asks_for_failures, decide, reason_text};
pub use verification::{Difference, Verification, verify};
