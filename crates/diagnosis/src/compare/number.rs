//! A number is what is compared of two records, with the seconds behind it.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Contains, Kind, MetricResult};
use indexmap::{IndexMap, IndexSet};

use super::capacity;
use super::chance::{Family, Values};
use super::side::{Side, Step};
use crate::course::Second;
use crate::request_names::RequestNames;
use crate::row::{is_load, tag};
use crate::stats::robust::mean;
use crate::tally::Tally;

/// A smaller difference does not matter, relative to before.
const MATTERS: f64 = 0.05;

/// How many requests are compared one by one: the most frequent ones.
const REQUESTS: usize = 40;

/// Metrics that are the load and not what came of it.
const LOAD: [&str; 2] = [metric::VUS, metric::VUS_MAX];

/// What says how a run went.
const HEADLINES: [&str; 12] = [
    metric::HTTP_REQS,
    "http_req_duration avg",
    "http_req_duration med",
    "http_req_duration p(95)",
    "http_req_duration p(99)",
    metric::HTTP_REQ_FAILED,
    metric::ITERATIONS,
    metric::CHECKS,
    names::dynamodb::FAILED,
    "dynamodb_call_duration med",
    "dynamodb_call_duration p(95)",
    "throttle rate",
];

/// Parts of a request's time: a difference of microseconds in them is none.
const PARTS: [&str; 7] = [
    metric::HTTP_REQ_BLOCKED,
    metric::HTTP_REQ_CONNECTING,
    metric::HTTP_REQ_TLS_HANDSHAKING,
    metric::HTTP_REQ_SENDING,
    metric::HTTP_REQ_WAITING,
    metric::HTTP_REQ_RECEIVING,
    metric::ITERATION_LAG,
];

/// One number of both records.
#[derive(Clone, Debug)]
pub(super) struct Number {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) before: Option<f64>,
    pub(super) after: Option<f64>,
    /// The values of single seconds.
    pub(super) values: Values,
    pub(super) family: Family,
    worse: Worse,
    /// A smaller difference does not matter.
    floor: f64,
}

/// Which way a number becomes worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Worse {
    More,
    Less,
    Neither,
}

impl Number {
    pub(super) fn new(name: String, unit: &'static str, worse: Worse) -> Self {
        let floor = match unit {
            "ms" | "%" | "/s" => 0.1,
            "cores" => 0.05,
            _ => 0.0,
        };
        let is_headline = HEADLINES.contains(&name.as_str());
        let family = if is_headline { Family::Headline } else { Family::Detail };
        Self { name, unit, before: None, after: None, values: Values::default(), family, worse, floor }
    }

    pub(super) fn measured(mut self, sides: &[Side<'_>; 2], of: impl Fn(&Second<'_>) -> Option<f64>) -> Self {
        self.values = sides.each_ref().map(|side| {
            let value =
                |second: &Second<'_>| Some((side.load(second), of(second).filter(|v| v.is_finite())?));
            side.seconds.iter().filter_map(value).collect()
        });
        self
    }

    pub(super) fn whole(self, before: Option<f64>, after: Option<f64>) -> Self {
        let known = |value: Option<f64>| value.filter(|value| value.is_finite());
        Self { before: known(before), after: known(after), ..self }
    }

    /// The difference relative to the first.
    pub(super) fn relative(&self) -> Option<f64> {
        let before = self.before.filter(|before| *before != 0.0)?;
        Some((self.after? - before) / before.abs())
    }

    /// Whether the difference is large enough for anybody to care.
    pub(super) fn matters(&self) -> bool {
        let (Some(before), Some(after)) = (self.before, self.after) else { return false };
        (after - before).abs() > self.floor && self.relative().is_none_or(|relative| relative.abs() > MATTERS)
    }

    /// Whether the second is larger.
    pub(super) fn rises(&self) -> bool {
        self.after > self.before
    }

    /// Whether it is bad that it rises, or falls; none where nobody can say.
    pub(super) fn is_bad(&self, rises: bool) -> Option<bool> {
        match self.worse {
            Worse::More => Some(rises),
            Worse::Less => Some(!rises),
            Worse::Neither => None,
        }
    }
}

/// The numbers of all metrics that both have.
pub(super) fn of_metrics(sides: &[Side<'_>; 2]) -> Vec<Number> {
    let [before, after] = sides.each_ref().map(|side| &side.results);
    let both = before.metrics.iter().filter_map(|metric| {
        let other = after.metric(&metric.name).filter(|other| other.kind == metric.kind)?;
        let is_shown =
            !LOAD.contains(&metric.name.as_str()) && !metric.name.ends_with("{expected_response:true}");
        is_shown.then_some((metric, other))
    });
    both.flat_map(|(metric, other)| of_metric(sides, metric, other)).collect()
}

fn of_metric(sides: &[Side<'_>; 2], metric: &MetricResult, other: &MetricResult) -> Vec<Number> {
    let name = metric.name.as_str();
    let both = |number: Number, stat: &str, scale: f64| {
        let value = |metric: &MetricResult| metric.stats.get(stat).map(|value| value * scale);
        number.whole(value(metric), value(other))
    };
    let worse = match sides.iter().any(Side::is_dynamodb) {
        true => capacity::direction(name).unwrap_or_else(|| direction(metric)),
        false => direction(metric),
    };
    match metric.kind {
        Kind::Counter => {
            let unit = if metric.contains == Contains::Data { "B/s" } else { "/s" };
            // A second without samples of a counter is one in which it stood still.
            let number = Number::new(name.to_owned(), unit, worse)
                .measured(sides, |second| Some(second.stat(name, "sum") / second.length()));
            vec![both(number, "rate", 1.0)]
        }
        Kind::Rate => {
            let number = Number::new(name.to_owned(), "%", worse).measured(sides, |second| {
                let total = second.stat(name, "total");
                (total > 0.0).then(|| second.stat(name, "trues") / total * 100.0)
            });
            vec![both(number, "rate", 100.0)]
        }
        Kind::Gauge => {
            let number = Number::new(name.to_owned(), unit(metric), worse)
                .measured(sides, |second| second.line.stat(name, "value"));
            vec![both(number, "value", 1.0)]
        }
        Kind::Trend => {
            let stats = [
                ("avg", ""),
                ("med", "p50"),
                ("p(90)", "p90"),
                ("p(95)", "p95"),
                ("p(99)", "p99"),
                ("max", "max"),
            ];
            let wanted = if PARTS.contains(&name) { &stats[..1] } else { &stats[..] };
            let numbers = wanted.iter().map(|(stat, of_second)| {
                let mut number = Number::new(format!("{name} {stat}"), unit(metric), worse)
                    .measured(sides, |second| trend(second, name, of_second));
                if PARTS.contains(&name) {
                    number.floor = 1.0;
                }
                both(number, stat, 1.0)
            });
            numbers.collect()
        }
    }
}

/// A percentile of a trend in a second, or its mean where none is named.
fn trend(second: &Second<'_>, name: &str, stat: &str) -> Option<f64> {
    match stat {
        "" => Some(second.line.stat(name, "sum")? / second.line.stat(name, "count")?),
        stat => second.line.stat(name, stat),
    }
}

fn unit(metric: &MetricResult) -> &'static str {
    match metric.contains {
        Contains::Time => "ms",
        Contains::Data => "B",
        Contains::Default => "",
    }
}

fn direction(metric: &MetricResult) -> Worse {
    let base = metric.name.split('{').next().unwrap_or_default();
    let is_failure = |name: &str| ["error", "fail", "dropped"].iter().any(|word| name.contains(word));
    match (base, metric.kind) {
        (metric::HTTP_REQS | metric::ITERATIONS | metric::CHECKS, _) => Worse::Less,
        (name, Kind::Rate | Kind::Counter) if is_failure(name) => Worse::More,
        (_, Kind::Trend) if metric.contains == Contains::Time => Worse::More,
        _ => Worse::Neither,
    }
}

/// The 95th percentile and the error rate of each request that both have.
pub(super) fn of_requests(sides: &[Side<'_>; 2]) -> Vec<Number> {
    let [before, after] = sides.each_ref().map(names);
    let both = before.into_iter().filter(|name| after.contains(name)).take(REQUESTS);
    both.flat_map(|name| {
        let tallies = sides.each_ref().map(|side| Tally::of(&side.seconds, Some(&name)));
        let [before, after] = tallies.each_ref().map(|tally| tally.durations.percentile(95.0));
        // A throttle is answered faster than what it stands for.
        let is_mixed = sides.iter().any(Side::is_dynamodb);
        let worse = if is_mixed { Worse::Neither } else { Worse::More };
        let p95 = Number::new(format!("{name} p(95)"), "ms", worse)
            .whole(before, after)
            .measured(sides, |second| Tally::of(&[*second], Some(&name)).durations.percentile(95.0));
        let [before, after] = tallies.each_ref().map(|tally| Some(tally.error_rate()? * 100.0));
        let errors = Number::new(format!("{name} error rate"), "%", Worse::More)
            .whole(before, after)
            .measured(sides, |second| Some(Tally::of(&[*second], Some(&name)).error_rate()? * 100.0));
        [p95, errors].map(|number| Number { family: Family::Request, ..number })
    })
    .collect()
}

/// The requests of one side, the most frequent first.
fn names(side: &Side<'_>) -> IndexSet<String> {
    let mut counts: IndexMap<String, f64> = IndexMap::new();
    let full_names = RequestNames::of_seconds(&side.seconds);
    let rows = side.seconds.iter().flat_map(|second| &second.line.rows);
    for row in rows.filter(|row| row.metric == metric::HTTP_REQS && is_load(row)) {
        *counts
            .entry(full_names.full(tag(row, names::tag::METHOD), tag(row, names::tag::NAME)))
            .or_default() += row.stats.value("sum");
    }
    counts.sort_by(|_, one, _, other| other.total_cmp(one));
    counts.into_keys().collect()
}

/// Memory and CPU cores of the target, if both records have them.
pub(super) fn of_target(sides: &[Side<'_>; 2]) -> Vec<Number> {
    const MEMORY: &str = "process_resident_memory_bytes";
    const CPU: &str = "process_cpu_seconds_total";
    let memory = Number::new("target memory".to_owned(), "B", Worse::More)
        .measured(sides, |second| second.target(MEMORY));
    let mut processors = Number::new("target CPU".to_owned(), "cores", Worse::More);
    processors.values = sides.each_ref().map(|side| {
        let pairs = side.seconds.windows(2).filter_map(|pair| {
            let used = pair[1].target(CPU)? - pair[0].target(CPU)?;
            let length = pair[1].end - pair[0].end;
            // Seconds that are apart have a ramp between them.
            let is_near = used >= 0.0 && (0.5..2.5).contains(&length);
            is_near.then(|| (side.load(&pair[1]), used / length))
        });
        pairs.collect()
    });
    let numbers = [memory, processors].map(|number| {
        let [before, after] = number
            .values
            .each_ref()
            .map(|values| mean(&values.iter().map(|(_, value)| *value).collect::<Vec<_>>()));
        number.whole(before, after)
    });
    numbers.into_iter().filter(|number| number.before.is_some() && number.after.is_some()).collect()
}

/// The numbers of one step.
pub(super) fn of_step(sides: &[Side<'_>; 2], step: &Step<'_>) -> Vec<Number> {
    let [first, second] = [0, 1].map(|at| sides[at].course.settled(step.phases[at]));
    let seconds = [first, second];
    let tallies = seconds.each_ref().map(|seconds| Tally::of(seconds, None));
    if tallies.iter().any(|tally| tally.requests == 0.0) {
        return Vec::new();
    }
    let number = |name: &str,
                  unit,
                  worse,
                  whole: &dyn Fn(&Tally) -> Option<f64>,
                  of: &dyn Fn(&Second<'_>) -> Option<f64>| {
        let [before, after] = tallies.each_ref().map(whole);
        let mut number = Number::new(name.to_owned(), unit, worse).whole(before, after);
        number.values = seconds
            .each_ref()
            .map(|seconds| seconds.iter().filter_map(|second| Some((String::new(), of(second)?))).collect());
        number
    };
    let share = |rate: Option<f64>| rate.map(|rate| rate * 100.0);
    let judged = |worse| if sides.iter().any(Side::is_dynamodb) { Worse::Neither } else { worse };
    vec![
        number("tps", "/s", judged(Worse::Less), &Tally::per_second, &|second| {
            Some(second.requests() / second.length())
        }),
        number("p95", "ms", judged(Worse::More), &|tally| tally.durations.percentile(95.0), &|second| {
            second.latency("p95")
        }),
        number("p99", "ms", judged(Worse::More), &|tally| tally.durations.percentile(99.0), &|second| {
            second.latency("p99")
        }),
        number("error rate", "%", Worse::More, &|tally| share(tally.error_rate()), &|second| {
            share(second.error_rate())
        }),
    ]
}
