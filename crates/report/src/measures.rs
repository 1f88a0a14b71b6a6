//! Measures are the figures of a whole run that every document shows: of its load, without setup and teardown.

use flashcrowd_record::{Record, Results};

use crate::model::Report;

/// The figures of a whole run. Times are milliseconds, shares from 0 to 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Measures {
    /// How long the load lasted, in seconds.
    pub seconds: f64,
    /// How many requests there were.
    pub requests: u64,
    /// Requests a second.
    pub tps: f64,
    /// How many requests failed.
    pub failed: u64,
    /// The share of requests that failed.
    pub error_rate: f64,
    /// The times of requests; none where there were none.
    pub times: Option<Times>,
    /// The mean time that requests waited for a connection.
    pub blocked: Option<f64>,
    /// Bytes received.
    pub received: f64,
    /// Bytes sent.
    pub sent: f64,
    /// The most virtual users there were at a time.
    pub users: Option<f64>,
    /// The most iterations a second that were ordered, where virtual users do not loop.
    pub rate: Option<f64>,
    /// Iterations that were due and never started.
    pub dropped: u64,
    /// Whether the target was DynamoDB.
    pub is_dynamodb: bool,
    /// Requests that DynamoDB throttled: they are no failed ones, and none that succeeded.
    pub throttled: u64,
}

/// The times of requests in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Times {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub avg: f64,
    /// The median.
    pub p50: f64,
    /// 90 % are as small as this.
    pub p90: f64,
    /// 95 % are as small as this.
    pub p95: f64,
    /// 99 % are as small as this.
    pub p99: f64,
    /// 99.9 % are as small as this; none in records that did not keep it.
    pub p999: Option<f64>,
    /// The largest.
    pub max: f64,
}

impl Measures {
    /// The share of requests that neither failed nor were throttled.
    pub(crate) fn success_rate(&self) -> f64 {
        let throttled = self.throttled as f64 / self.requests.max(1) as f64;
        (1.0 - self.error_rate - throttled).clamp(0.0, 1.0)
    }

    /// Takes them out of the results, and the load out of the record.
    pub(crate) fn of(report: &Report) -> Self {
        let Report { record, results, .. } = report;
        let stat =
            |metric: &str, stat: &str| results.under_load(metric).and_then(|metric| metric.stats.get(stat));
        let sum = |metric: &str| stat(metric, "count").unwrap_or_default();
        let requests = sum("http_reqs");
        let is_dynamodb = results.metric("dynamodb_attempts").is_some();
        let told = stat("http_req_failed", "rate").unwrap_or_default();
        let failed = stat("http_req_failed", "passes").unwrap_or(told * requests);
        // Of a throttle nobody says whether it failed: it is a request all the same.
        let error_rate = if is_dynamodb && requests > 0.0 { failed / requests } else { told };
        let rates = record.run.phases.iter().filter_map(|phase| phase.rate);
        Self {
            seconds: report.load_seconds(),
            requests: requests as u64,
            tps: stat("http_reqs", "rate").unwrap_or_default(),
            failed: failed.round() as u64,
            error_rate,
            times: times(results),
            blocked: stat("http_req_blocked", "avg"),
            received: sum("data_received"),
            sent: sum("data_sent"),
            users: stat("vus", "max").or_else(|| most_users(record)).filter(|users| *users > 0.0),
            rate: rates.max_by(f64::total_cmp),
            dropped: sum("dropped_iterations") as u64,
            is_dynamodb,
            throttled: sum("dynamodb_throttled") as u64,
        }
    }
}

fn times(results: &Results) -> Option<Times> {
    let metric = results.under_load("http_req_duration").filter(|metric| metric.samples > 0)?;
    let at = |name: &str| metric.stats.value(name);
    Some(Times {
        min: at("min"),
        avg: at("avg"),
        p50: at("med"),
        p90: at("p(90)"),
        p95: at("p(95)"),
        p99: at("p(99)"),
        p999: metric.stats.get("p(99.9)"),
        max: at("max"),
    })
}

/// The most users of all intervals.
fn most_users(record: &Record) -> Option<f64> {
    let users = record.timeline.iter().map(|line| line.scenarios.iter().map(|part| part.vus).sum::<u64>());
    users.max().map(|users| users as f64)
}
