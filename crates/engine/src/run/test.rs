//! A test is what is run; its result is what came out.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::{Plan, SinkKey, TagSet, Threshold, Totals};

use crate::abort::AbortReason;
use crate::config::ScenarioConfig;
use crate::segment::Share;
use crate::state::{ScenarioProgress, Stalls};
use crate::vu::BoxError;

/// What is run.
#[derive(Clone, Debug)]
pub struct TestConfig {
    /// Streams of load.
    pub scenarios: Vec<ScenarioConfig>,
    /// How many threads carry virtual users; at least one.
    pub workers: usize,
    /// This process's part of the test.
    pub share: Share,
    /// What is kept of samples.
    pub plan: Arc<Plan>,
    /// What must hold of the metrics.
    pub thresholds: Vec<ThresholdSpec>,
    /// Leaves setup out.
    pub no_setup: bool,
    /// Leaves teardown out.
    pub no_teardown: bool,
    /// A virtual user starts no further iteration before this time has passed since its last one started.
    pub min_iteration_duration: Duration,
    /// Tags of all samples.
    pub run_tags: TagSet,
    /// Whether samples carry their scenario's name as the tag `scenario`.
    pub tag_scenarios: bool,
    /// What random arrivals are drawn with; all processes of a test need the same.
    pub seed: u64,
}

impl TestConfig {
    /// A test of these scenarios on one worker, without thresholds.
    pub fn new(scenarios: Vec<ScenarioConfig>, plan: Arc<Plan>) -> Self {
        Self {
            scenarios,
            workers: 1,
            share: Share::whole(),
            plan,
            thresholds: Vec::new(),
            no_setup: false,
            no_teardown: false,
            min_iteration_duration: Duration::ZERO,
            run_tags: TagSet::empty(),
            tag_scenarios: true,
            seed: 0,
        }
    }
}

/// The expressions over one metric or sub-metric.
#[derive(Clone, Debug)]
pub struct ThresholdSpec {
    /// The metric or sub-metric as written: `http_req_duration{name:login}`.
    pub metric: String,
    /// Its sink.
    pub key: SinkKey,
    /// The expressions; all must hold.
    pub thresholds: Vec<Threshold>,
}

/// What became of one expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThresholdResult {
    /// The metric or sub-metric as written.
    pub metric: String,
    /// The expression as written.
    pub source: String,
    /// Whether it held at the last evaluation.
    pub passed: bool,
}

/// A part of a run that runs front-end code once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStage {
    /// Virtual users are initialized.
    Init,
    /// Setup runs.
    Setup,
    /// Teardown runs.
    Teardown,
}

/// An error of the front end's that is not one iteration's alone.
#[derive(Debug, thiserror::Error)]
#[error("{source}")]
pub struct StageError {
    /// Where it came up.
    pub stage: RunStage,
    /// The front end's own error.
    pub source: BoxError,
}

/// What came out of a run.
#[derive(Debug)]
pub struct RunResult {
    /// All samples.
    pub totals: Totals,
    /// From before setup to after teardown; rates of counters divide by it.
    pub elapsed: Duration,
    /// From after setup to the end of the last scenario, in the time of the run; none where no scenario began.
    pub load: Option<Range<Duration>>,
    /// Every expression, in the order they were given.
    pub thresholds: Vec<ThresholdResult>,
    /// Where every scenario stood at the end.
    pub scenarios: Vec<ScenarioProgress>,
    /// Why the test ended before its time, if it did.
    pub abort: Option<AbortReason>,
    /// The message it was marked as failed with, if it was.
    pub failure: Option<String>,
    /// How many raw samples were dropped because observers were too slow. The totals include them.
    pub dropped_samples: u64,
    /// How long the load stood still in pauses; no part of `elapsed`.
    pub paused: Duration,
    /// How long the worker that stood still most did so.
    pub stalls: Stalls,
    /// How many workers did not answer in the end: their last samples are in no total.
    pub lost_workers: u64,
    /// Errors of initialization, setup and teardown.
    pub errors: Vec<StageError>,
}
