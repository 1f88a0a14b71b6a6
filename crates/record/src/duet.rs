//! A duet is what the comparison of two variants in one run came to.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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

/// The answer of a duet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuetAnswer {
    /// B is slower by more than the margin, or one of its requests is.
    Slower,
    /// B fails more often.
    FailsMore,
    /// B is faster by more than the margin.
    Faster,
    /// A fails more often.
    FailsLess,
    /// There is no difference larger than the margin.
    NoDifference,
    /// It cannot be told.
    #[default]
    Unknown,
}

/// Why a duet has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DuetObstacle {
    /// Time was up, or the test was over.
    TooShort,
    /// Nothing was compared.
    NoPairs,
    /// Most requests went neither to A nor to B.
    Elsewhere,
    /// A did not work.
    AFails,
    /// Neither of both worked.
    BothFail,
    /// Most pairs failed on one side at least, so that there are few times to compare.
    MostlyFailed,
    /// The two sides did not make the same requests.
    NotTheSame,
}

/// The times of B compared with those of A.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuetTimes {
    /// The difference.
    pub difference: f64,
    /// It is no less than this; none if nothing is known.
    pub lower: Option<f64>,
    /// It is no more than this; none if nothing is known.
    pub upper: Option<f64>,
    /// Blocks of seconds that it rests on.
    pub blocks: u64,
    /// How many seconds make a block.
    pub block_seconds: u64,
}

/// How iterations failed in pairs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DuetFailures {
    /// At A only.
    pub only_a: u64,
    /// At B only.
    pub only_b: u64,
    /// At both.
    pub both: u64,
}

/// One request at both sides. Times are milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuetRequest {
    /// Its name.
    pub name: String,
    /// Pairs of it that did not fail.
    pub pairs: u64,
    /// Those that failed on one side at least.
    pub failed: u64,
    /// The times at A.
    pub a: DuetPercentiles,
    /// The times at B.
    pub b: DuetPercentiles,
    /// The comparison, with an interval that allows for the number of requests.
    pub times: Option<DuetTimes>,
}

/// Percentiles in milliseconds, of requests that did not fail at either side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuetPercentiles {
    /// The median.
    pub p50: f64,
    /// 95 % were as fast as this.
    pub p95: f64,
    /// 99 % were as fast as this.
    pub p99: f64,
}

/// What was known at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DuetMoment {
    /// Seconds since the first pair began.
    pub seconds: u64,
    /// Pairs so far.
    pub pairs: u64,
    /// The difference.
    pub difference: f64,
    /// It was no less than this; none if nothing was known.
    pub lower: Option<f64>,
    /// It was no more than this; none if nothing was known.
    pub upper: Option<f64>,
}
