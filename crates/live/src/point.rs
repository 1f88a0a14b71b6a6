//! A point of the charts is what was measured in a second, or in several that are one point.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::{Stats, TimelineLine, is_meant};
use indexmap::IndexMap;
use serde::Serialize;

/// How many series of the target are kept, besides those that were asked for.
const MOST_SERIES: usize = 200;

/// What response times are taken from, the first that was measured.
pub(crate) const TIMES: [&str; 3] =
    [metric::HTTP_REQ_DURATION, metric::GRPC_REQ_DURATION, metric::ITERATION_DURATION];

/// What was measured in a second, or in several.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Point {
    /// When it ends, in seconds since the start of the run.
    pub t: f64,
    /// How long it lasts.
    pub seconds: f64,
    /// Requests a second; iterations, where nothing was requested.
    pub rate: f64,
    /// Failed requests a second.
    pub failed: f64,
    /// Iterations a second.
    pub iterations: f64,
    /// Iterations a second that were due and never started.
    pub dropped: f64,
    /// The 50th, 95th and 99th percentile of response times in milliseconds; of several seconds the worst.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<[f64; 3]>,
    /// Active virtual users.
    pub vus: f64,
    /// Virtual users that are initialized.
    pub vus_max: f64,
    /// Failed requests a second by status, or by k6's code of the error.
    pub errors: IndexMap<String, f64>,
    /// What the target said of itself.
    pub target: IndexMap<String, f64>,
}

impl Point {
    /// A second of a run, with the series that were asked for among those of the target.
    pub(crate) fn of(line: &TimelineLine, (vus, vus_max): (u64, u64), charts: &[String]) -> Self {
        let seconds = if line.interval > 0.0 { line.interval } else { 1.0 };
        let a_second = |name: &str, stat: &str| line.stat(name, stat).unwrap_or_default() / seconds;
        let requests = a_second(metric::HTTP_REQS, "sum") + a_second(metric::GRPC_REQ_DURATION, "count");
        let iterations = a_second(metric::ITERATIONS, "sum");
        let is_asked = |series: &str| charts.iter().any(|asked| is_meant(series, asked));
        let target =
            line.target.iter().enumerate().filter(|(at, (name, _))| *at < MOST_SERIES || is_asked(name));
        let target = target.map(|(_, series)| series).filter(|(_, value)| value.is_finite());
        Self {
            t: line.t,
            seconds: line.interval,
            rate: if requests > 0.0 { requests } else { iterations },
            failed: a_second(metric::HTTP_REQ_FAILED, "trues"),
            iterations,
            dropped: a_second(metric::DROPPED_ITERATIONS, "sum"),
            times: TIMES.iter().find_map(|name| line.metrics.get(*name)).and_then(times),
            vus: vus as f64,
            vus_max: vus_max as f64,
            errors: errors(line, seconds),
            target: target.map(|(name, value)| (name.clone(), *value)).collect(),
        }
    }

    /// A copy without the target's series and the errors, of which there may be hundreds.
    pub(crate) fn without_series(&self) -> Self {
        Self { errors: IndexMap::new(), target: IndexMap::new(), ..*self }
    }

    /// Adds the one that follows: rates of both together, the worst times, the last numbers of virtual users.
    pub(crate) fn join(&mut self, next: Self) {
        let whole = self.seconds + next.seconds;
        let of = |mine: f64, theirs: f64| match whole > 0.0 {
            true => (mine * self.seconds + theirs * next.seconds) / whole,
            false => theirs,
        };
        let worst = |(mine, theirs): ([f64; 3], [f64; 3])| std::array::from_fn(|at| mine[at].max(theirs[at]));
        let mut errors = std::mem::take(&mut self.errors);
        errors.values_mut().for_each(|rate| *rate = of(*rate, 0.0));
        for (code, rate) in next.errors {
            *errors.entry(code).or_default() += of(0.0, rate);
        }
        *self = Self {
            t: next.t,
            seconds: whole,
            rate: of(self.rate, next.rate),
            failed: of(self.failed, next.failed),
            iterations: of(self.iterations, next.iterations),
            dropped: of(self.dropped, next.dropped),
            times: self.times.zip(next.times).map(worst).or(self.times).or(next.times),
            vus: next.vus,
            vus_max: next.vus_max,
            errors,
            target: if next.target.is_empty() { std::mem::take(&mut self.target) } else { next.target },
        };
    }
}

fn times(stats: &Stats) -> Option<[f64; 3]> {
    Some([stats.get("p50")?, stats.get("p95")?, stats.get("p99")?])
        .filter(|all| all.iter().all(|one| one.is_finite()))
}

/// Failed requests a second by what they failed with.
fn errors(line: &TimelineLine, seconds: f64) -> IndexMap<String, f64> {
    let mut found = IndexMap::new();
    let failed =
        line.rows.iter().filter(|row| row.view == view::REQUESTS && row.metric == metric::HTTP_REQ_FAILED);
    for row in failed {
        let trues = row.stats.value("trues");
        if trues > 0.0 {
            *found.entry(code(&row.tags)).or_default() += trues / seconds;
        }
    }
    found
}

/// The status of requests, or k6's code of their error.
pub(crate) fn code(tags: &BTreeMap<String, String>) -> String {
    let of = |name: &str| tags.get(name).map(String::as_str);
    match (of(tag::STATUS), of(tag::ERROR_CODE)) {
        (Some(status), _) if !matches!(status, "0" | "") => status.to_owned(),
        (_, Some(code)) => format!("error {code}"),
        _ => "no answer".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_points_keep_rates_and_the_worst_times() {
        let errors =
            |codes: &[(&str, f64)]| codes.iter().map(|(code, rate)| ((*code).to_owned(), *rate)).collect();
        let mut point = Point {
            t: 1.0,
            seconds: 1.0,
            rate: 10.0,
            times: Some([1.0, 9.0, 9.0]),
            errors: errors(&[("503", 4.0)]),
            ..Point::default()
        };
        point.join(Point {
            t: 4.0,
            seconds: 3.0,
            rate: 30.0,
            times: Some([2.0, 3.0, 12.0]),
            vus: 7.0,
            errors: errors(&[("503", 8.0), ("error 1211", 4.0)]),
            ..Point::default()
        });
        assert_eq!((point.t, point.seconds, point.rate, point.vus), (4.0, 4.0, 25.0, 7.0));
        assert_eq!(point.times, Some([2.0, 9.0, 12.0]));
        assert_eq!(point.errors, errors(&[("503", 7.0), ("error 1211", 3.0)]));
    }
}
