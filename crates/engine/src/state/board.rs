//! The board is where workers count what happens; anyone may read it at any time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use crate::config::ScenarioConfig;
use crate::executor::{ExecutorConfig, Scale};
use crate::segment::Share;

/// What a scenario is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScenarioState {
    /// Its start time has not come.
    Waiting,
    /// Iterations start.
    Running,
    /// No further iterations start; running ones may end.
    Stopping,
    /// It is over.
    Done,
}

/// Iterations by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IterationCounts {
    /// Ran to their end, or to an error of their own.
    pub completed: u64,
    /// Of these, how many ran to an error.
    pub failed: u64,
    /// Were interrupted.
    pub interrupted: u64,
    /// Were due and never started.
    pub dropped: u64,
    /// How many the scenario will run, where that is fixed.
    pub planned: Option<u64>,
}

/// Where a scenario stands.
#[derive(Clone, Debug, PartialEq)]
pub struct ScenarioProgress {
    /// Its name.
    pub name: String,
    /// Its executor's name.
    pub executor: &'static str,
    /// What it is doing.
    pub state: ScenarioState,
    /// How far it is, from 0 to 1: by iterations where their number is fixed, else by time.
    pub progress: f64,
    /// How long it has been running.
    pub elapsed: Duration,
    /// How long iterations may start, at most.
    pub length: Duration,
    /// Active virtual users.
    pub vus_active: u64,
    /// Virtual users that it has or may have without initializing more.
    pub vus_max: u64,
    /// How many iterations should start per second now, where the executor says so.
    pub rate: Option<f64>,
    /// Its iterations by what became of them.
    pub iterations: IterationCounts,
}

/// How long a worker thread stood still, so that nothing could start on it and no answer was noticed: a script's call
/// kept it busy, the process was stopped, or it was given no processor.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stalls {
    /// In all, on the worker that stood still most.
    pub total: Duration,
    /// At a time.
    pub longest: Duration,
}

/// All counts of a run.
#[derive(Debug)]
pub(crate) struct Board {
    scenarios: Vec<Entry>,
    workers: Vec<WorkerCounts>,
    /// When setup was over.
    base: OnceLock<Instant>,
}

#[derive(Debug)]
struct Entry {
    config: ScenarioConfig,
    planned: Option<u64>,
    vus: u64,
}

/// What one worker counts; no other writes it.
#[derive(Debug)]
pub(crate) struct WorkerCounts {
    pub(crate) initialized: AtomicU64,
    /// How long it stood still while scenarios ran, in nanoseconds: in all, and at a time.
    pub(crate) stalled: AtomicU64,
    pub(crate) longest_stall: AtomicU64,
    pub(crate) scenarios: Vec<Counts>,
}

/// What one worker counts of one scenario, on cache lines of its own.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Counts {
    pub(crate) active: AtomicU64,
    pub(crate) completed: AtomicU64,
    pub(crate) failed: AtomicU64,
    pub(crate) interrupted: AtomicU64,
    pub(crate) dropped: AtomicU64,
    /// Virtual users initialized for it while it ran.
    pub(crate) grown: AtomicU64,
    pub(crate) stopping: AtomicBool,
    pub(crate) done: AtomicBool,
}

impl Counts {
    /// Iterations of which is known what became of them, or that run.
    pub(crate) fn accounted(&self) -> u64 {
        [&self.active, &self.completed, &self.interrupted, &self.dropped]
            .map(|one| one.load(Relaxed))
            .iter()
            .sum()
    }
}

impl Board {
    pub(crate) fn new(scenarios: &[ScenarioConfig], share: &Share, workers: usize) -> Self {
        let entry = |config: &ScenarioConfig| {
            let needs = config.executor.needs(share, config.graceful_stop);
            Entry {
                planned: config.executor.iterations(share),
                vus: needs.iter().map(|need| need.planned).max().unwrap_or_default(),
                config: config.clone(),
            }
        };
        let counts = || WorkerCounts {
            initialized: AtomicU64::new(0),
            stalled: AtomicU64::new(0),
            longest_stall: AtomicU64::new(0),
            scenarios: scenarios.iter().map(|_| Counts::default()).collect(),
        };
        Self {
            scenarios: scenarios.iter().map(entry).collect(),
            workers: (0..workers).map(|_| counts()).collect(),
            base: OnceLock::new(),
        }
    }

    pub(crate) fn worker(&self, worker: usize) -> &WorkerCounts {
        &self.workers[worker]
    }

    /// Scenarios count their time from this moment.
    pub(crate) fn set_base(&self, base: Instant) {
        self.base.get_or_init(|| base);
    }

    /// The worst of all workers' stalls.
    pub(crate) fn stalls(&self) -> Stalls {
        let most = |of: fn(&WorkerCounts) -> &AtomicU64| {
            let all = self.workers.iter().map(|worker| of(worker).load(Relaxed));
            Duration::from_nanos(all.max().unwrap_or_default())
        };
        Stalls { total: most(|worker| &worker.stalled), longest: most(|worker| &worker.longest_stall) }
    }

    pub(crate) fn vus_active(&self) -> u64 {
        self.workers
            .iter()
            .flat_map(|worker| &worker.scenarios)
            .map(|counts| counts.active.load(Relaxed))
            .sum()
    }

    pub(crate) fn vus_initialized(&self) -> u64 {
        self.workers.iter().map(|worker| worker.initialized.load(Relaxed)).sum()
    }

    /// Where all scenarios stand, of whose time so much was spent in pauses.
    pub(crate) fn scenarios(&self, held: Duration) -> Vec<ScenarioProgress> {
        (0..self.scenarios.len()).filter_map(|scenario| self.scenario(scenario, held)).collect()
    }

    /// The number of virtual users of the first scenario in which it is set from outside.
    pub(crate) fn scale(&self) -> Option<&Scale> {
        self.scenarios.iter().find_map(|entry| entry.config.executor.scale())
    }

    /// The first scenario whose rate is set from outside.
    pub(crate) fn with_set_rate(&self) -> Option<(usize, &ExecutorConfig)> {
        let mut executors = self.scenarios.iter().map(|entry| &entry.config.executor).enumerate();
        executors.find(|(_, executor)| matches!(executor, ExecutorConfig::ExternallyControlledArrivalRate(_)))
    }

    pub(crate) fn scenario(&self, scenario: usize, held: Duration) -> Option<ScenarioProgress> {
        let Entry { config, planned, vus } = self.scenarios.get(scenario)?;
        let sum = |count: fn(&Counts) -> &AtomicU64| -> u64 {
            self.workers.iter().map(|worker| count(&worker.scenarios[scenario]).load(Relaxed)).sum()
        };
        let all = |flag: fn(&Counts) -> &AtomicBool| {
            self.workers.iter().all(|worker| flag(&worker.scenarios[scenario]).load(Relaxed))
        };
        let iterations = IterationCounts {
            completed: sum(|counts| &counts.completed),
            failed: sum(|counts| &counts.failed),
            interrupted: sum(|counts| &counts.interrupted),
            dropped: sum(|counts| &counts.dropped),
            planned: *planned,
        };
        let length = config.executor.length();
        let since = self.base.get().map(|base| base.elapsed().saturating_sub(held));
        let elapsed = since.and_then(|since| since.checked_sub(config.start_time));
        let state = match elapsed {
            _ if all(|counts| &counts.done) => ScenarioState::Done,
            None => ScenarioState::Waiting,
            Some(_) if all(|counts| &counts.stopping) => ScenarioState::Stopping,
            Some(_) => ScenarioState::Running,
        };
        let elapsed = elapsed.unwrap_or_default().min(length.saturating_add(config.graceful_stop));
        let running = state == ScenarioState::Running;
        Some(ScenarioProgress {
            name: config.name.clone(),
            executor: config.executor.name(),
            state,
            progress: progress(&iterations, elapsed, length),
            elapsed,
            length,
            vus_active: sum(|counts| &counts.active),
            vus_max: vus + sum(|counts| &counts.grown),
            rate: if running { config.executor.rate(elapsed) } else { None },
            iterations,
        })
    }
}

fn progress(iterations: &IterationCounts, elapsed: Duration, length: Duration) -> f64 {
    let part = match iterations.planned {
        Some(0) => 1.0,
        Some(planned) => (iterations.completed + iterations.interrupted) as f64 / planned as f64,
        None if length.is_zero() => 1.0,
        None => elapsed.as_secs_f64() / length.as_secs_f64(),
    };
    part.min(1.0)
}
