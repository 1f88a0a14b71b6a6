//! An observer watches a run: it receives events, snapshots and, on request, raw samples. It never steers the run.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::Totals;
use tokio::time::Instant;

use super::samples::SampleBatch;
use super::test::ThresholdResult;
use crate::executor::Needs;
use crate::state::ScenarioProgress;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunEvent {
    /// Virtual users are being initialized. Reported before the first and after each batch.
    Initializing {
        /// How many are ready.
        done: u64,
        /// How many there will be.
        total: u64,
    },
    /// The run has started. Times of ticks and samples count from this moment.
    Started(Instant),
    /// Setup begins.
    Setup,
    /// The scenarios start. The value is what this process needs at most.
    Running(Needs),
    /// Teardown begins.
    Teardown,
    /// Something the user should know about.
    Warning(Warning),
}

/// Something the user should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Iterations are dropped because no further virtual user may be initialized. Reported once per scenario.
    #[error("insufficient VUs in scenario {scenario}: all {vus} are busy and no more may be initialized")]
    InsufficientVus {
        /// The scenario's name.
        scenario: String,
        /// How many virtual users it has.
        vus: u64,
    },
    /// A virtual user that was to be added could not be initialized.
    #[error("a VU of scenario {scenario} could not be initialized: {error}")]
    Init {
        /// The scenario's name.
        scenario: String,
        /// The front end's error.
        error: String,
    },
    /// A scenario went on without virtual users that others did not give back in time.
    #[error("scenario {scenario} goes on without {missing} VUs that were not given back in time")]
    MissingVus {
        /// The scenario's name.
        scenario: String,
        /// How many are missing on one worker.
        missing: u64,
    },
    /// Interrupted virtual users did not answer and were given up.
    #[error("{vus} VUs of scenario {scenario} did not answer when they were interrupted")]
    StuckVus {
        /// The scenario's name.
        scenario: String,
        /// How many did not answer on one worker.
        vus: u64,
    },
    /// A worker thread does not answer at the end of the load, and is waited for.
    #[error(
        "worker {0} has not answered since the end of the load: a call of the script keeps its thread busy; it is waited for, up to a minute"
    )]
    BusyWorker(usize),
    /// A worker thread did not answer and was given up; its last samples are lost.
    #[error(
        "worker {0} did not answer and was given up: its last samples are lost, and the run is not measurable"
    )]
    StuckWorker(usize),
    /// Another process that makes a part of the load has warned.
    #[error("{part}: {text}")]
    Elsewhere {
        /// The part's name.
        part: String,
        /// Its warning.
        text: String,
    },
    /// Raw samples were dropped because observers were too slow. Reported once per run.
    #[error(
        "outputs cannot keep up with the samples of this run: some raw samples are dropped; totals are complete"
    )]
    DroppedSamples,
}

/// The state of a run once a second.
#[derive(Debug)]
pub struct Tick<'a> {
    /// How long the run has lasted, from before setup.
    pub elapsed: Duration,
    /// How long the interval was that the totals' intervals cover.
    pub interval: Duration,
    /// All samples, of the run and of the interval.
    pub totals: &'a Totals,
    /// Where every scenario stands.
    pub scenarios: &'a [ScenarioProgress],
    /// Active virtual users.
    pub vus_active: u64,
    /// Virtual users that are initialized.
    pub vus_initialized: u64,
    /// The results of all expressions whose metrics have samples.
    pub thresholds: &'a [ThresholdResult],
    /// How many raw samples have been dropped so far because observers were too slow. The totals include them.
    pub dropped_samples: u64,
    /// Whether this is the last, partial interval.
    pub last: bool,
}

/// Watches a run. All methods are called on the dispatcher's thread and must return quickly.
pub trait Observer {
    /// Called for every event.
    fn on_event(&mut self, _event: &RunEvent) {}

    /// Called once a second and at the end of the run.
    fn on_tick(&mut self, _tick: &Tick<'_>) {}

    /// Whether it receives raw samples. Asked once, before the run.
    fn wants_samples(&self) -> bool {
        false
    }

    /// Called with raw samples of one worker. Those of an interval come before its tick. A batch may be passed to another
    /// thread; until it is dropped it counts towards [`Watchers::max_queued_samples`](super::Watchers::max_queued_samples).
    fn on_samples(&mut self, _batch: &Arc<SampleBatch>) {}
}
