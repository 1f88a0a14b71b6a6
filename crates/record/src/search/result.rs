//! A search is what a run found that looked for the largest load at which promises hold, with all that was tried.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a search found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchResult {
    /// What the load is.
    pub load_is: LoadKind,
    /// What had to hold.
    pub promises: Vec<Promised>,
    /// The lightest load that could be tried.
    pub lowest: f64,
    /// The largest load that could be tried.
    pub highest: f64,
    /// Half the width of the interval, relative to the load, at which the search would end.
    pub precision: f64,
    /// How many seconds the search could take.
    pub seconds: f64,
    /// The load that had to hold at least, where one was asked for.
    pub at_least: Option<f64>,
    /// Why it ended.
    pub ending: SearchEnding,
    /// The largest load at which everything holds; none where no load that was tried bounds it.
    pub load: Option<LoadInterval>,
    /// The largest load that the target keeps up with; none where users loop.
    pub keeps_up: Option<LoadInterval>,
    /// For each promise, the largest load at which it holds.
    pub limits: Vec<LoadInterval>,
    /// Iterations a second that an overloaded target served; none where it was not overloaded for long enough.
    pub capacity: Option<LoadInterval>,
    /// What breaks first; none where everything held.
    pub first_broken: Option<BrokenPromise>,
    /// What was tried, in the order of time.
    pub trials: Vec<SearchTrial>,
}

/// What a load is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoadKind {
    /// Iterations a second.
    #[default]
    Rate,
    /// Virtual users.
    Users,
}

/// Why a search ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SearchEnding {
    /// The interval was narrow enough.
    Precise,
    /// Time was up.
    #[default]
    TimeUp,
    /// Everything held at the largest load that could be tried.
    AllHeld,
    /// Something did not hold at the lightest load.
    NoneHeld,
    /// Nothing was answered.
    NotMeasured,
    /// The target did not answer any more after a trial.
    Gone,
    /// It was ended from outside.
    Interrupted,
}

/// A load with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LoadInterval {
    /// The load.
    pub value: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

/// What breaks first, and how.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct BrokenPromise {
    /// Its position among the promises; none where the target does not keep up.
    pub promise: Option<usize>,
    /// The smallest load above the largest one that holds at which it was broken in a trial.
    pub load: f64,
    /// What was measured there: milliseconds or a part of one, as the promise is; iterations that piled up a second.
    pub value: Option<f64>,
}

/// One load that was tried.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SearchTrial {
    /// The load.
    pub load: f64,
    /// When it began, in seconds since the end of setup; before zero for trials of an earlier run.
    pub start: f64,
    /// From when on it was measured.
    pub settled: f64,
    /// When it ended.
    pub end: f64,
    /// Whether everything held in it.
    pub held: bool,
    /// Iterations done a second.
    pub served: f64,
    /// Iterations a second that were due and not done; none where users loop.
    pub piled_up: Option<f64>,
    /// What each promise is about: milliseconds, or a part of one; none where it was not measured.
    pub values: Vec<Option<f64>>,
    /// The promises that did not hold, by position.
    pub broken: Vec<usize>,
}

/// What a search measured in an interval: enough to go on with it later.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchSecond {
    /// The number of the trial, from one; none while the target rests.
    pub trial: Option<usize>,
    /// The load.
    pub load: f64,
    /// Whether the load is still settling.
    #[serde(default)]
    pub settles: bool,
    /// Iterations that were due.
    pub due: f64,
    /// Iterations that were done.
    pub done: f64,
    /// Iterations that were dropped.
    pub dropped: f64,
    /// Iterations that were under way at the end.
    pub in_flight: f64,
    /// The mean response time in seconds.
    pub response: Option<f64>,
    /// The mean duration of an iteration in seconds.
    pub iteration: Option<f64>,
    /// For each promise: how many there were, how many were bad, and the slowest one's part of the limit.
    pub tallies: Vec<(f64, f64, f64)>,
}

impl LoadKind {
    /// Whether the load is a rate.
    pub fn is_rate(self) -> bool {
        self == Self::Rate
    }
}

/// One thing that has to hold, as written: `response_time_p99` and `< 500ms`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Promised {
    /// What is bounded.
    pub name: String,
    /// Its bound.
    pub target: String,
}

/// What a search looks for, so that it can be gone on with.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SearchAim {
    /// What the load is.
    pub load_is: LoadKind,
    /// What has to hold.
    pub promises: Vec<Promised>,
    /// The lightest load that is tried.
    pub lowest: f64,
    /// The largest load that is tried.
    pub highest: f64,
}
