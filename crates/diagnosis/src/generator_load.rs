//! The load on the generator: how busy this process was, and whether iterations were late because of it.

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::{GeneratorResult, Results};

/// From this share of its CPU time, the generator counts as busy.
pub const BUSY_SHARE: f64 = 0.9;

/// Iterations that start later than this, in milliseconds, are not the configured load.
pub const LATE_MS: f64 = 100.0;

/// On a machine that both share, the generator is part of the problem from this share.
const PART: f64 = 0.25;

/// How busy the generator was over some time, and what became of the iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GeneratorLoad {
    /// The share of its CPU cores that the generator used.
    pub own: f64,
    /// The share that the target used on the same machine; zero if it runs elsewhere or does not expose it.
    pub target: f64,
    /// The share of one core that the busiest worker thread used; zero where that is not known.
    pub busiest: f64,
    /// Iterations that were due and never started.
    pub dropped: f64,
    /// How late iterations started, the 99th percentile in milliseconds; zero without arrival rates.
    pub lag_p99: f64,
}

impl GeneratorLoad {
    /// Whether the CPU cores were in use nearly all the time.
    pub fn is_busy(&self) -> bool {
        self.own > BUSY_SHARE || (self.own > PART && self.own + self.target > BUSY_SHARE)
    }

    /// Whether one worker thread had no time left, and iterations started late.
    pub fn is_one_late(&self) -> bool {
        self.busiest > BUSY_SHARE && self.starts_late()
    }

    /// Whether iterations were dropped or started late.
    pub fn is_late(&self) -> bool {
        self.dropped > 0.0 || self.starts_late()
    }

    /// Whether iterations started late.
    pub fn starts_late(&self) -> bool {
        self.lag_p99 > LATE_MS
    }
}

/// How many iterations with a due time there have to be for their lag to say anything of the run.
const ENOUGH: f64 = 200.0;

/// A thread that stood still for so long, in seconds, and for that share of the load, held the load back.
const STALLED: f64 = 1.0;
const STALLED_SHARE: f64 = 0.1;

/// The same for a run whose promises all held, where a busy machine is no reason to doubt them.
const SEVERE: f64 = 2.0;
const SEVERE_SHARE: f64 = 0.25;
const SEVERE_LAG_MS: f64 = 1_000.0;

/// From this share of the requests that this machine could not send, the others say nothing either.
const NOT_SENT_SHARE: f64 = 0.01;

/// How late the load generator was over a whole run.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Lateness {
    /// How late iterations started, the 95th percentile in milliseconds; zero where too few had a due time.
    pub(crate) lag_p95: f64,
    /// How long a worker thread stood still, in seconds.
    pub(crate) stalled: f64,
    /// The longest time at once.
    pub(crate) longest: f64,
    /// How long the load lasted.
    seconds: f64,
}

impl Lateness {
    /// That of a run.
    pub(crate) fn of(results: &Results) -> Self {
        let lag = results.under_load(metric::ITERATION_LAG).map(|lag| &lag.stats);
        let lag = lag.filter(|lag| lag.value("count") >= ENOUGH);
        let GeneratorResult { stalled_seconds, longest_stall_seconds, .. } = results.generator;
        Self {
            lag_p95: lag.map_or(0.0, |lag| lag.value("p(95)")),
            stalled: stalled_seconds,
            longest: longest_stall_seconds,
            seconds: results.load_seconds(),
        }
    }

    /// Whether iterations started late.
    pub(crate) fn is_late(&self) -> bool {
        self.lag_p95 > LATE_MS
    }

    /// Whether a worker thread stood still.
    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled >= STALLED && self.stalled >= STALLED_SHARE * self.seconds
    }

    /// Whether it was so late that even what held has not been shown to hold.
    pub(crate) fn is_severe(&self) -> bool {
        self.lag_p95 > SEVERE_LAG_MS
            || (self.stalled >= SEVERE * STALLED && self.stalled >= SEVERE_SHARE * self.seconds)
    }

    /// Whether either is enough to distrust times and rates.
    pub(crate) fn matters(&self) -> bool {
        self.is_late() || self.is_stalled()
    }
}

/// Requests that this machine could not send.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct NotSent {
    pub(crate) count: f64,
    /// Of how many.
    pub(crate) requests: f64,
    /// Which limit most of them met.
    pub(crate) limit: String,
}

/// The requests that this machine could not send, if these are enough to distrust the run.
pub(crate) fn not_sent(results: &Results) -> Option<NotSent> {
    let sum = |name: &str| results.metric(name).map_or(0.0, |metric| metric.stats.value("count"));
    let (count, requests) = (sum(metric::HTTP_REQS_NOT_SENT), sum(metric::HTTP_REQS));
    if count == 0.0 || count < NOT_SENT_SHARE * requests {
        return None;
    }
    let rows = results.rows.iter().filter(|row| row.view == view::LIMITS);
    let most = rows.max_by(|one, other| one.stats.value("count").total_cmp(&other.stats.value("count")));
    let limit = most.and_then(|row| row.tags.get(tag::LIMIT)).cloned().unwrap_or_default();
    Some(NotSent { count, requests, limit })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_count_on_a_shared_machine() {
        for (own, target, expected) in
            [(0.91, 0.0, true), (0.9, 0.0, false), (0.4, 0.55, true), (0.2, 0.8, false)]
        {
            let load = GeneratorLoad { own, target, ..GeneratorLoad::default() };
            assert_eq!(load.is_busy(), expected, "{own} {target}");
        }
    }

    #[test]
    fn late_are_dropped_iterations_and_late_starts() {
        for (dropped, lag_p99, expected) in [(0.0, 100.0, false), (0.0, 101.0, true), (1.0, 0.0, true)] {
            let load = GeneratorLoad { dropped, lag_p99, ..GeneratorLoad::default() };
            assert_eq!(load.is_late(), expected, "{dropped} {lag_p99}");
        }
    }
}
