//! An estimate is what is known of the largest load so far.

use crate::evidence::growth;
use crate::posterior::Posterior;
use crate::trial::Trial;

/// A value with its 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Interval {
    /// The value.
    pub value: f64,
    /// The lower end.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
}

impl Interval {
    /// The width relative to the value.
    pub fn width(&self) -> f64 {
        (self.upper - self.lower) / self.value
    }
}

/// What is known after some trials.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The largest load at which everything holds.
    pub load: Interval,
    /// The same for what the target keeps up with, if that is asked, and then for each promise.
    pub each: Vec<Interval>,
    /// How many iterations a second an overloaded target served; none where it was not overloaded.
    pub capacity: Option<Interval>,
}

impl Estimate {
    pub(crate) fn of(posterior: &Posterior, trials: &[Trial]) -> Self {
        let interval = |quantile: &dyn Fn(f64) -> f64| Interval {
            value: quantile(0.5),
            lower: quantile(0.025),
            upper: quantile(0.975),
        };
        let each = posterior.curves().iter().map(|curve| interval(&|chance| curve.quantile(chance)));
        Self {
            load: interval(&|chance| posterior.quantile(chance)),
            each: each.collect(),
            capacity: capacity(trials),
        }
    }
}

/// The normal quantile of a two-sided 95 % interval.
const NORMAL: f64 = 1.96;

/// What was served in seconds in which there was more to do than could be done.
fn capacity(trials: &[Trial]) -> Option<Interval> {
    let mut served = Vec::new();
    for trial in trials {
        let Some(growth) = growth(trial) else { continue };
        if growth.mean > 2.0 * growth.error && growth.mean > 0.01 * trial.load {
            served.extend(trial.counted().iter().map(|second| second.done / second.length));
        }
    }
    let count = served.len() as f64;
    if served.len() < 3 {
        return None;
    }
    let value = served.iter().sum::<f64>() / count;
    let variance = served.iter().map(|one| (one - value).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (variance / count).sqrt().hypot(0.002 * value) * (1.0 + 1.2 / (count - 1.0));
    Some(Interval { value, lower: value - NORMAL * error, upper: value + NORMAL * error })
}
