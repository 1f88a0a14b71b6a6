//! A made run is a record whose every second is written down by the test.

use fastrand::Rng;
use flashcrowd_diagnosis::{Evidence, judge};
use flashcrowd_record::{
    Audit, ExpectationResult, Expected, Judgement, Phase, Record, Results, RunInfo, TimelineLine, TimelineRow,
};
use indexmap::IndexMap;

/// One second of a run.
#[derive(Clone, Debug)]
pub struct Second {
    /// When it begins.
    pub at: f64,
    pub users: f64,
    pub requests: f64,
    /// How many of them failed, and with which status; 0 is no answer.
    pub failed: f64,
    pub status: u16,
    /// The median time; the others follow from it.
    pub p50: f64,
    pub dropped: f64,
    /// How many of ten checks passed.
    pub checks: f64,
    pub target: Vec<(&'static str, f64)>,
}

/// A run being made.
pub struct Made {
    record: Record,
    rng: Rng,
    at: f64,
    offset: f64,
}

impl Made {
    pub fn new() -> Self {
        let record = Record {
            run: RunInfo::default(),
            timeline: Vec::new(),
            results: Some(Results::default()),
            histograms: IndexMap::new(),
        };
        Self { record, rng: Rng::with_seed(11), at: 0.0, offset: 0.0 }
    }

    /// Intervals begin so many seconds before phases do, as when setup took a part of one.
    pub fn offset(self, offset: f64) -> Self {
        Self { offset, ..self }
    }

    pub fn seed(self, seed: u64) -> Self {
        Self { rng: Rng::with_seed(seed), ..self }
    }

    /// A phase of so many users and seconds, after a ramp of so many; every user makes ten requests of 20 ms a second.
    pub fn users(self, users: u64, ramp: f64, seconds: f64) -> Self {
        self.phase(users, ramp, seconds, |_| {})
    }

    /// The same, with seconds changed by the test.
    pub fn phase(mut self, users: u64, ramp: f64, seconds: f64, change: impl Fn(&mut Second)) -> Self {
        let start = self.at;
        let end = start + ramp + seconds;
        self.record.run.phases.push(Phase {
            scenario: "default".into(),
            start,
            settled: start + ramp,
            end,
            users: Some(users),
            rate: None,
            ramp_from: None,
        });
        while self.record.timeline.len() as f64 - self.offset < end {
            let at = self.record.timeline.len() as f64 - self.offset;
            let noise = 1.0 + 0.02 * (self.rng.f64() - 0.5);
            let mut second = Second {
                at,
                users: users as f64,
                requests: (users as f64 * 10.0 * noise).round(),
                failed: 0.0,
                status: 500,
                p50: 20.0 / noise,
                dropped: 0.0,
                checks: 10.0,
                target: Vec::new(),
            };
            change(&mut second);
            self.record.timeline.push(line(&second));
        }
        self.at = end;
        self
    }

    pub fn expect(mut self, name: &str, target: &str) -> Self {
        self.record.run.expected.push(Expected { name: name.into(), target: target.into() });
        self
    }

    pub fn audit(self, before: f64, sold: f64, after: f64) -> Self {
        let audit =
            Audit { name: "stock".into(), before: Some(before), after: Some(after), sold, problem: None };
        self.results(|results| results.audits.push(audit))
    }

    pub fn results(mut self, change: impl FnOnce(&mut Results)) -> Self {
        change(self.record.results.as_mut().expect("it was not cut"));
        self
    }

    /// The run was killed.
    pub fn cut(mut self) -> Self {
        self.record.results = None;
        self
    }

    /// The run was killed after so many seconds.
    pub fn cut_after(mut self, seconds: usize) -> Self {
        self.record.timeline.truncate(seconds);
        self.cut()
    }

    pub fn judge(&self) -> Judgement {
        judge(&Evidence::from(&self.record))
    }

    /// What becomes of one expectation.
    pub fn judged(self, name: &str, target: &str) -> ExpectationResult {
        self.expect(name, target).judge().expectations.pop().expect("there is one")
    }
}

fn line(second: &Second) -> TimelineLine {
    let Second { requests, failed, p50, users, .. } = *second;
    let end = second.at + 1.0;
    let mut line =
        TimelineLine { t: end + 0.7, interval: 1.0, load: (end > 0.0).then_some(end), ..Default::default() };
    line.target = second.target.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect();
    line.metrics.insert("vus".into(), [("value", users), ("min", users), ("max", users)].into());
    if second.dropped > 0.0 {
        line.metrics.insert("dropped_iterations".into(), [("sum", second.dropped)].into());
    }
    if requests == 0.0 {
        return line;
    }
    line.metrics.insert("http_reqs".into(), [("sum", requests)].into());
    line.metrics.insert("iterations".into(), [("sum", requests)].into());
    line.metrics.insert("http_req_failed".into(), [("trues", failed), ("total", requests)].into());
    line.metrics.insert("checks".into(), [("trues", second.checks), ("total", 10.0)].into());
    let times: [(&str, f64); 8] = [
        ("count", requests),
        ("sum", requests * p50),
        ("min", p50 * 0.5),
        ("max", p50 * 2.0),
        ("p50", p50),
        ("p90", p50 * 1.2),
        ("p95", p50 * 1.3),
        ("p99", p50 * 1.5),
    ];
    line.metrics.insert("http_req_duration".into(), times.into());
    let bucket = |factor: f64, share: f64| ((p50 * factor * 1e3) as u64, (requests * share).round() as u64);
    line.durations = vec![bucket(0.5, 0.45), bucket(1.0, 0.45), bucket(1.3, 0.05), bucket(1.5, 0.05)];
    for (status, count) in [(200, requests - failed), (second.status, failed)] {
        if count > 0.0 {
            let mut times = times;
            times[0].1 = count;
            line.rows.extend([
                row("http_reqs", status, &[("sum", count)]),
                row(
                    "http_req_failed",
                    status,
                    &[("trues", if status == 200 { 0.0 } else { count }), ("total", count)],
                ),
                row("http_req_duration", status, &times),
            ]);
        }
    }
    line
}

fn row(metric: &str, status: u16, stats: &[(&str, f64)]) -> TimelineRow {
    let tags = [("name", "POST /purchase/1"), ("method", "POST")]
        .map(|(tag, value)| (tag.to_owned(), value.to_owned()));
    let mut tags: std::collections::BTreeMap<String, String> = tags.into();
    tags.insert("status".into(), status.to_string());
    let stats: IndexMap<String, Option<f64>> =
        stats.iter().map(|(name, value)| ((*name).to_owned(), Some(*value))).collect();
    TimelineRow {
        view: "requests".into(),
        tags: tags.into(),
        metric: metric.into(),
        stats: stats.into(),
        durations: Vec::new(),
    }
}
