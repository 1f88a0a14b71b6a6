//! Evidence is what a trial says: how fast the backlog grew, and how many bad ones a promise counted.

use crate::trial::{Tally, Trial};

/// How far a load is from what is certainly served, in standard errors of the growth of the backlog: one-sided 95 %.
const CERTAIN: f64 = 1.645;

/// Seconds in which bad ones are taken to have a common cause before anything is known of that.
pub const TOGETHER: f64 = 0.5;

/// The part of a load that is not told apart, whatever the figures: clocks, whole seconds, other work.
const GRAIN: f64 = 0.003;

/// The smallest part of a limit by which it is judged how far away the limit is.
const LEAST_REACH: f64 = 0.2;

/// How many steps the prior of the dispersion is worth, and what services add to it at the least.
const PRIOR_STEPS: f64 = 1.0;
const SERVICES: f64 = 0.1;

/// How fast the backlog of a trial grew: iterations a second that were due and not done.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    /// The mean.
    pub mean: f64,
    /// Its standard error.
    pub error: f64,
    /// The fewest iterations that were under way at the end of a second.
    pub least: f64,
    /// What was served a second, and its standard error.
    pub served: (f64, f64),
    /// The variance from second to second, and how many seconds more than one it is of.
    pub variance: (f64, f64),
}

/// What a trial says of one promise.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Count {
    /// The load at which the bad ones were seen.
    pub load: f64,
    /// The load that the good ones are certainly evidence for: what the target kept up with.
    pub served: f64,
    /// How many were bad.
    pub bad: f64,
    /// How many were good.
    pub good: f64,
    /// How many of them count as one.
    pub together: f64,
    /// How much of what is allowed the worst one took, at least [`LEAST_REACH`]; one where that is not known.
    pub reach: f64,
    /// How many seconds were counted.
    pub seconds: f64,
}

impl Growth {
    /// Whether it grew, beyond what chance makes of it.
    pub fn is_certain(&self, load: f64) -> bool {
        self.mean > 2.33 * self.error && self.mean > 0.005 * load
    }

    /// Whether there was always something that waited, by how long a response takes when nothing does.
    pub fn is_busy(&self, load: f64, response: f64) -> bool {
        self.is_certain(load) || self.least > 2.0 * self.served.0 * response + 5.0
    }
}

/// How fast the backlog grew; none where nothing was counted.
pub fn growth(trial: &Trial) -> Option<Growth> {
    let seconds = trial.counted();
    let mut before = trial.backlog_before().unwrap_or(0.0);
    let first = before;
    let mut steps = Vec::with_capacity(seconds.len());
    for second in seconds.iter().filter(|second| second.length > 0.0) {
        steps.push((second.in_flight - before + second.dropped) / second.length);
        before = second.in_flight;
    }
    let length = trial.length();
    if steps.is_empty() {
        return None;
    }
    let count = steps.len() as f64;
    let levels: Vec<f64> = seconds.iter().map(|second| second.in_flight).collect();
    let least = levels.iter().copied().fold(first, f64::min);
    let mean = steps.iter().sum::<f64>() / count;
    let floor = (trial.load * GRAIN).hypot(1.0 / length);
    if steps.len() == 1 {
        let due: f64 = seconds.iter().map(|second| second.due).sum();
        let error = floor.hypot((2.0 * due).sqrt() / length);
        return Some(Growth { mean, error, least, served: (trial.served(), error), variance: (0.0, 0.0) });
    }
    // A backlog that wanders off has independent steps; one that returns is known better by how far it strays.
    let by_steps = deviation(&steps) / count.sqrt();
    let by_levels = 2.0 * deviation(&levels) / length;
    // Few steps say little of their spread (Student).
    let few = 1.0 + 1.5 / (count - 1.0);
    let spread = if mean > by_levels { by_steps } else { by_steps.min(by_levels) };
    let done: Vec<f64> = seconds.iter().map(|second| second.done / second.length).collect();
    let served = (trial.served(), floor.hypot(deviation(&done) / count.sqrt() * few));
    let variance = (deviation(&steps).powi(2), count - 1.0);
    Some(Growth { mean, error: floor.hypot(spread * few), least, served, variance })
}

/// The variance of arrivals and services by their mean, from second to second, where the target has always something
/// to do: at loads that are no less than this. `arrivals` is that of the arrivals.
pub fn dispersion(trials: &[Trial], busy: f64, arrivals: f64) -> f64 {
    let near = trials.iter().filter(|trial| trial.load >= busy);
    let seen = near.filter_map(|trial| {
        let (variance, count) = growth(trial)?.variance;
        Some((count * variance / trial.load, count))
    });
    let (sum, count) = seen
        .fold((PRIOR_STEPS * (arrivals + SERVICES), PRIOR_STEPS), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    sum / count
}

/// What a trial says of a promise.
pub fn count(trial: &Trial, promise: usize, keeps_up: bool, together: f64) -> Option<Count> {
    let Tally { all, bad, reach } = trial.tally(promise);
    if all <= 0.0 {
        return None;
    }
    let growth = growth(trial).filter(|_| keeps_up);
    let behind = growth.map_or(0.0, |growth| growth.mean.max(0.0) + CERTAIN * growth.error);
    let served = (trial.load - behind).max(trial.load * 0.5);
    let reach = if bad > 0.0 { 1.0 } else { reach.clamp(LEAST_REACH, 1.0) };
    Some(Count { load: trial.load, served, bad, good: all - bad, together, reach, seconds: trial.length() })
}

/// How many bad ones come together, by all trials in which most were good: the mean size of a cluster as one of the
/// bad sees it. It is the factor by which the variance of their number exceeds that of independent ones.
pub fn clustering(trials: &[Trial], promise: usize) -> impl Fn(&Trial) -> f64 {
    let (mut squares, mut sum) = (0.0, 0.0);
    for trial in trials {
        let whole = trial.tally(promise);
        if whole.bad > 0.5 * whole.all {
            continue;
        }
        let mut cluster = 0.0;
        let ends = [Tally::default()];
        let tallies = trial.counted().iter().filter_map(|second| second.tallies.get(promise)).chain(&ends);
        for tally in tallies {
            if tally.bad > 0.0 {
                cluster += tally.bad;
            } else {
                squares += cluster * cluster;
                sum += cluster;
                cluster = 0.0;
            }
        }
    }
    move |trial: &Trial| {
        let pace = trial.tally(promise).all / trial.length().max(0.1);
        let before = (pace * TOGETHER).max(1.0);
        // The prior is worth one cluster.
        ((squares + before * before) / (sum + before)).max(1.0)
    }
}

fn deviation(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    if values.len() < 2 {
        return 0.0;
    }
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0)).sqrt()
}
