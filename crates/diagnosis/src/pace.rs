//! The pace of a run is how many answers a user, or an iteration that is due, usually gets per second.

use crate::course::Second;
use crate::stats::robust::quantile;

/// A pace that three quarters of the seconds with answers keep: overload lowers it, and must not seem silent.
const KEPT: f64 = 0.25;

/// How many answers a user, or an iteration that is due, usually gets per second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace(f64);

impl Pace {
    pub(crate) fn of(seconds: &[Second<'_>]) -> Self {
        let paces: Vec<f64> = seconds
            .iter()
            .filter(|second| second.requests() > 0.0 && load(second) > 0.0)
            .map(|second| second.requests() / second.length() / load(second))
            .collect();
        Self(quantile(&paces, KEPT).unwrap_or_default())
    }

    /// How many answers are usual in as much time under as much load.
    pub(crate) fn expects(self, second: &Second<'_>) -> f64 {
        self.0 * load(second) * second.length()
    }
}

/// Iterations that are due, or users.
fn load(second: &Second<'_>) -> f64 {
    second.due_rate().unwrap_or_else(|| second.users())
}
