//! The figures that the answer of a duet rests on.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
