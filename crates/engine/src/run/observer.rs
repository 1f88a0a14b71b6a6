//! An observer watches a run: it is told events, shown snapshots and, if it asks for them, given raw samples. It never
//! steers the run.

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
    /// Virtual users are being initialised; told before the first and after each batch.
    Initializing {
        /// How many are ready.
        done: u64,
        /// How many there will be.
        total: u64,
    },
    /// The run has started: what counts from its start counts from this moment.
    Started(Instant),
    /// Setup begins.
    Setup,
    /// The scenarios' time begins; this process needs that much at most.
    Running(Needs),
    /// Teardown begins.
    Teardown,
    /// Something the user should know.
    Warning(Warning),
}

/// Something the user should know.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Warning {
    /// Iterations are dropped since no further virtual user may be initialised; told once per scenario.
    #[error(
        "insufficient VUs in scenario {scenario}: all {vus} are busy and no more may be initialised; raise maxVUs"
    )]
    InsufficientVus {
        /// The scenario's name.
        scenario: String,
        /// How many virtual users it has.
        vus: u64,
    },
    /// A virtual user that was to be added could not be initialised.
    #[error("a VU of scenario {scenario} could not be initialised: {error}")]
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
    /// A worker thread did not answer and was given up; its last samples are lost.
    #[error("worker {0} did not answer and was given up; its last samples are lost")]
    StuckWorker(usize),
    /// Raw samples were dropped, since observers were too slow for them; told once.
    #[error(
        "outputs are too slow for the samples of this run: those beyond the queue are dropped and counted, totals are \
         complete"
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
    /// Virtual users at work.
    pub vus_active: u64,
    /// Virtual users that are initialised.
    pub vus_initialized: u64,
    /// Expressions that had samples to be looked at so far.
    pub thresholds: &'a [ThresholdResult],
    /// Raw samples that observers were too slow for so far; the totals have them.
    pub dropped_samples: u64,
    /// Whether this is the last, partial interval.
    pub last: bool,
}

/// Watches a run. All methods are called on the thread that leads the run, so they must not take long.
pub trait Observer {
    /// Something happened.
    fn on_event(&mut self, _event: &RunEvent) {}

    /// A second has passed, or the run is over.
    fn on_tick(&mut self, _tick: &Tick<'_>) {}

    /// Whether it is given raw samples; asked once, before the run.
    fn wants_samples(&self) -> bool {
        false
    }

    /// Raw samples of one worker; those of an interval come before its tick. A batch may be kept for another thread, at
    /// the price that samples beyond [`Watchers::max_queued_samples`](super::Watchers::max_queued_samples) are dropped.
    fn on_samples(&mut self, _batch: &Arc<SampleBatch>) {}
}
