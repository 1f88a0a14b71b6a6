//! Where a scenario stands on one part of a run, in a form that other processes read.

use std::time::Duration;

use flashcrowd_engine::{IterationCounts, ScenarioConfig, ScenarioProgress, ScenarioState};
use serde::{Deserialize, Serialize};

/// Where a scenario stands on one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    name: String,
    state: State,
    progress: f64,
    elapsed: Duration,
    length: Duration,
    vus_active: u64,
    vus_max: u64,
    rate: Option<f64>,
    completed: u64,
    failed: u64,
    interrupted: u64,
    dropped: u64,
    planned: Option<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Waiting,
    Running,
    Stopping,
    Done,
}

impl Standing {
    /// Of a scenario's progress.
    pub fn of(progress: &ScenarioProgress) -> Self {
        let IterationCounts { completed, failed, interrupted, dropped, planned } = progress.iterations;
        Self {
            name: progress.name.clone(),
            state: match progress.state {
                ScenarioState::Waiting => State::Waiting,
                ScenarioState::Running => State::Running,
                ScenarioState::Stopping => State::Stopping,
                ScenarioState::Done => State::Done,
            },
            progress: progress.progress,
            elapsed: progress.elapsed,
            length: progress.length,
            vus_active: progress.vus_active,
            vus_max: progress.vus_max,
            rate: progress.rate,
            completed,
            failed,
            interrupted,
            dropped,
            planned,
        }
    }

    /// Iterations that came to their end on this part.
    pub fn completed(&self) -> u64 {
        self.completed
    }

    fn weight(&self) -> f64 {
        self.planned.map_or(1.0, |planned| planned as f64)
    }
}

/// Where a scenario stands on all parts together.
pub(crate) fn together<'a>(
    config: &ScenarioConfig,
    parts: impl Iterator<Item = &'a [Standing]>,
) -> ScenarioProgress {
    let own: Vec<&Standing> = parts.flatten().filter(|standing| standing.name == config.name).collect();
    let sum = |of: fn(&Standing) -> u64| own.iter().map(|one| of(one)).sum::<u64>();
    let any = |state| own.iter().any(|one| one.state == state);
    let all = |state| !own.is_empty() && own.iter().all(|one| one.state == state);
    let weight: f64 = own.iter().map(|one| one.weight()).sum();
    ScenarioProgress {
        name: config.name.clone(),
        executor: config.executor.name(),
        state: match () {
            () if all(State::Done) => ScenarioState::Done,
            () if any(State::Running) => ScenarioState::Running,
            () if any(State::Stopping) || any(State::Done) => ScenarioState::Stopping,
            () => ScenarioState::Waiting,
        },
        progress: match weight > 0.0 {
            true => own.iter().map(|one| one.progress * one.weight()).sum::<f64>() / weight,
            false => own.iter().map(|one| one.progress).fold(0.0, f64::max),
        },
        elapsed: own.iter().map(|one| one.elapsed).max().unwrap_or_default(),
        length: config.executor.length(),
        vus_active: sum(|one| one.vus_active),
        vus_max: sum(|one| one.vus_max),
        // Each part knows the rate of the whole.
        rate: own.iter().filter_map(|one| one.rate).reduce(f64::max),
        iterations: IterationCounts {
            completed: sum(|one| one.completed),
            failed: sum(|one| one.failed),
            interrupted: sum(|one| one.interrupted),
            dropped: sum(|one| one.dropped),
            planned: own.iter().map(|one| one.planned).sum(),
        },
    }
}
