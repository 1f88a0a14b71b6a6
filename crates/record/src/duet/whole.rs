//! A duet as a whole: its rules, its answer, and what that rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::answer::{DuetAnswer, DuetObstacle};
use super::figures::{DuetFailures, DuetMoment, DuetRequest, DuetTimes};

/// What the comparison of two variants in one run came to. Differences are those of B from A: 0.05 is 5 % slower.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duet {
    /// How it was compared.
    pub rules: DuetRules,
    /// The answer.
    pub answer: DuetAnswer,
    /// The request that the answer is about, if it is one alone.
    pub request: Option<String>,
    /// Why there is no answer, if there is none.
    pub obstacle: Option<DuetObstacle>,
    /// Pairs of iterations that were compared.
    pub pairs: u64,
    /// Requests that only one of both sides made.
    pub unpaired: u64,
    /// The times of all requests together; none without a pair of requests that did not fail.
    pub times: Option<DuetTimes>,
    /// How iterations failed.
    pub failures: DuetFailures,
    /// The requests by themselves, the most frequent first.
    pub requests: Vec<DuetRequest>,
    /// What was known while it lasted.
    pub course: Vec<DuetMoment>,
}

/// How variants were compared.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuetRules {
    /// Where A is.
    pub a: String,
    /// Where B is.
    pub b: String,
    /// The difference that does not matter.
    pub margin: f64,
    /// The probability that the answer is false, whenever it is given.
    pub alpha: f64,
    /// By what order, distance and data were drawn, in decimal digits: it has 64 bits.
    pub seed: String,
}
