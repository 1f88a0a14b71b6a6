//! A tally is what some intervals add up to: of all requests, or of those of one name.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Stats, TimelineRow};

use crate::course::Second;
use crate::row::{is_answered, tag};
use crate::stats::durations::Durations;

/// What some intervals add up to. Times are milliseconds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) seconds: f64,
    pub(crate) requests: f64,
    pub(crate) failed: f64,
    /// Requests that got no answer at all.
    pub(crate) silent: f64,
    pub(crate) durations: Durations,
    pub(crate) shortest: Option<f64>,
    pub(crate) longest: Option<f64>,
    /// How many of them there are.
    pub(crate) times: f64,
    /// Whether some of the distribution is estimated from percentiles of seconds.
    pub(crate) is_estimate: bool,
    sum: f64,
}

impl Tally {
    /// Adds up intervals, of all requests or of those with that name.
    pub(crate) fn of(seconds: &[Second<'_>], request: Option<&str>) -> Self {
        Self::timed_by(metric::HTTP_REQ_DURATION, seconds, request)
    }

    /// The same with times that count from when requests were due; none where they have no due times.
    pub(crate) fn from_due(seconds: &[Second<'_>], request: Option<&str>) -> Option<Self> {
        let tally = Self::timed_by(metric::HTTP_REQ_RESPONSE_TIME, seconds, request);
        (tally.times > 0.0).then_some(tally)
    }

    fn timed_by(times: &str, seconds: &[Second<'_>], request: Option<&str>) -> Self {
        let mut tally = Self::default();
        for second in seconds {
            tally.seconds += second.length();
            match request {
                None => tally.add_all(second, times),
                Some(name) => tally.add_rows(second, name, times),
            }
        }
        tally
    }

    fn add_all(&mut self, second: &Second<'_>, times: &str) {
        self.requests += second.requests();
        self.failed += second.failed();
        self.silent += second.without_answer();
        let Some(stats) = second.line.metrics.get(times) else { return };
        let is_from_due = times == metric::HTTP_REQ_RESPONSE_TIME;
        self.add_times(stats, if is_from_due { &second.line.response_times } else { &second.line.durations });
    }

    fn add_rows(&mut self, second: &Second<'_>, name: &str, times: &str) {
        for row in second.line.rows.iter().filter(|row| is_named(row, name)) {
            match &*row.metric {
                metric::HTTP_REQS => {
                    self.requests += row.stats.value("sum");
                    if !is_answered(row) {
                        self.silent += row.stats.value("sum");
                    }
                }
                metric::HTTP_REQ_FAILED => self.failed += row.stats.value("trues"),
                other if other == times => self.add_times(&row.stats, &row.durations),
                _ => {}
            }
        }
    }

    /// Adds times with their distribution, which older records lack.
    fn add_times(&mut self, stats: &Stats, durations: &[(u64, u64)]) {
        if durations.is_empty() {
            self.is_estimate |= stats.value("count") > 0.0;
            self.durations.add_sketch(stats);
        } else {
            self.durations.add(durations);
        }
        self.times += stats.value("count");
        self.sum += stats.value("sum");
        let extreme = |now: Option<f64>, name: &str, pick: fn(f64, f64) -> f64| {
            now.into_iter().chain(stats.get(name).filter(|value| value.is_finite())).reduce(pick)
        };
        self.shortest = extreme(self.shortest, "min", f64::min);
        self.longest = extreme(self.longest, "max", f64::max);
    }

    /// Requests that were answered, whatever the answer.
    pub(crate) fn answered(&self) -> f64 {
        (self.requests - self.silent).max(0.0)
    }

    /// Answered requests per second.
    pub(crate) fn per_second(&self) -> Option<f64> {
        (self.seconds > 0.0).then(|| self.answered() / self.seconds)
    }

    /// The share of the requests that failed.
    pub(crate) fn error_rate(&self) -> Option<f64> {
        (self.requests > 0.0).then(|| (self.failed / self.requests).min(1.0))
    }

    /// The mean time of a request.
    pub(crate) fn average(&self) -> Option<f64> {
        (self.times > 0.0 && self.sum.is_finite()).then(|| self.sum / self.times).or(self.durations.mean())
    }
}

/// Whether a row is of the requests with that name, which may have its method before it.
pub(crate) fn is_named(row: &TimelineRow, name: &str) -> bool {
    names_request(tag(row, names::tag::METHOD), tag(row, names::tag::NAME), name)
}

/// Whether a name is that of the requests with that method and name: the name itself, or the method before it.
pub(crate) fn names_request(method: &str, own: &str, name: &str) -> bool {
    own == name || name.strip_prefix(method).and_then(|rest| rest.strip_prefix(' ')) == Some(own)
}
