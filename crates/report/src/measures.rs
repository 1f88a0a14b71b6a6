//! Measures are the figures of a whole run that every document shows: of its load, without setup and teardown.

use flashcrowd_record::{MetricResult, Record, Results, Stats};

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
    /// What DynamoDB was sent; none where the target was another.
    pub dynamodb: Option<Attempts>,
}

/// What DynamoDB was sent. A call is sent again where it was throttled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Attempts {
    /// How many attempts there were.
    pub all: u64,
    /// Those that were throttled: they are no failed ones, and none that succeeded.
    pub throttled: u64,
    /// Whether requests are those of customers, each with all its attempts; otherwise each attempt is one.
    pub are_apart: bool,
}

impl Attempts {
    /// The share of attempts that were throttled.
    pub(crate) fn throttled_share(&self) -> f64 {
        self.throttled as f64 / self.all.max(1) as f64
    }
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
    /// The share of requests that neither failed nor were throttled for good.
    pub(crate) fn success_rate(&self) -> f64 {
        let within = self.dynamodb.filter(|attempts| !attempts.are_apart);
        let throttled = within.map_or(0, |attempts| attempts.throttled) as f64 / self.requests.max(1) as f64;
        (1.0 - self.error_rate - throttled).clamp(0.0, 1.0)
    }

    /// What those who used the target got. Where it was DynamoDB alone, a request is what a customer asked for, with all
    /// its attempts and the waits between them.
    pub(crate) fn of(report: &Report) -> Self {
        let sent = Self::of_what_was_sent(report);
        sent.dynamodb.and_then(|attempts| sent.of_customers(report, attempts)).unwrap_or(sent)
    }

    /// Takes them out of the results, and the load out of the record. Every attempt of a call is a request.
    pub(crate) fn of_what_was_sent(report: &Report) -> Self {
        let Report { record, results, .. } = report;
        let stat =
            |metric: &str, stat: &str| results.under_load(metric).and_then(|metric| metric.stats.get(stat));
        let sum = |metric: &str| stat(metric, "count").unwrap_or_default();
        let requests = sum("http_reqs");
        let dynamodb = results.metric("dynamodb_attempts").map(|_| Attempts {
            all: sum("dynamodb_attempts") as u64,
            throttled: sum("dynamodb_throttled") as u64,
            are_apart: false,
        });
        let told = stat("http_req_failed", "rate").unwrap_or_default();
        let failed = stat("http_req_failed", "passes").unwrap_or(told * requests);
        // Of a throttle nobody says whether it failed: it is a request all the same.
        let error_rate = if dynamodb.is_some() && requests > 0.0 { failed / requests } else { told };
        let rates = record.run.phases.iter().filter_map(|phase| phase.rate);
        Self {
            seconds: report.load_seconds(),
            requests: requests as u64,
            tps: stat("http_reqs", "rate").unwrap_or_default(),
            failed: failed.round() as u64,
            error_rate,
            times: times(results, "http_req_duration"),
            blocked: stat("http_req_blocked", "avg"),
            received: sum("data_received"),
            sent: sum("data_sent"),
            users: stat("vus", "max").or_else(|| most_users(record)).filter(|users| *users > 0.0),
            rate: rates.max_by(f64::total_cmp),
            dropped: sum("dropped_iterations") as u64,
            dynamodb,
        }
    }

    /// The same for customers; none where other requests were sent as well, or calls were not recorded.
    fn of_customers(&self, report: &Report, attempts: Attempts) -> Option<Self> {
        let results = &report.results;
        let stats = |metric: &str| results.under_load(metric).map(|metric: &MetricResult| &metric.stats);
        let calls = stats("dynamodb_calls")?;
        let count = |metric: &str| stats(metric).map_or(0.0, |stats: &Stats| stats.value("count"));
        if attempts.all != self.requests {
            return None;
        }
        // A Prime Day tells what customers wanted; a script's calls are what it wanted.
        let wanted = stats("dynamodb_failed").map(|failed| (failed.value("passes"), failed.value("fails")));
        let (failed, requests) = match wanted {
            Some((failed, served)) if failed + served > 0.0 => (failed, failed + served),
            _ => {
                let answered = count("dynamodb_served") + count("dynamodb_condition_failed");
                ((calls.value("count") - answered).max(0.0), calls.value("count"))
            }
        };
        Some(Self {
            requests: requests as u64,
            tps: requests / self.seconds.max(f64::MIN_POSITIVE),
            failed: failed as u64,
            error_rate: failed / requests.max(1.0),
            times: times(results, "dynamodb_call_duration"),
            dynamodb: Some(Attempts { are_apart: true, ..attempts }),
            ..self.clone()
        })
    }
}

fn times(results: &Results, metric: &str) -> Option<Times> {
    let metric = results.under_load(metric).filter(|metric| metric.samples > 0)?;
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
