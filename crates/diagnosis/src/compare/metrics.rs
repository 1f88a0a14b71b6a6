//! The figures of metrics: every one that both records have, for a whole run and for a step.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Contains, Kind, MetricResult};

use super::capacity;
use super::estimate::Ratio;
use super::figure::{Family, Figure, Worse};
use super::frame::{Batch, Frame};
use super::histogram::Histogram;
use super::side::Side;
use crate::course::Second;

/// Metrics that are the load and not what came of it.
const LOAD: [&str; 2] = [metric::VUS, metric::VUS_MAX];

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

/// The percentiles of a trend, by the names of results, with their own scatter between runs.
const PERCENTILES: [(&str, f64, f64); 4] =
    [("med", 50.0, 0.0), ("p(90)", 90.0, 0.015), ("p(95)", 95.0, 0.02), ("p(99)", 99.0, 0.04)];

/// The scatter of a mean, which the tail moves, too.
pub(super) const OF_MEANS: f64 = 0.01;

/// The figures of all metrics that both have.
pub(super) fn of_metrics(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> Vec<Figure> {
    let [before, after] = sides.each_ref().map(|side| &side.results);
    let both = before.metrics.iter().filter_map(|metric| {
        let other = after.metric(&metric.name).filter(|other| other.kind == metric.kind)?;
        let is_shown =
            !LOAD.contains(&metric.name.as_str()) && !metric.name.ends_with("{expected_response:true}");
        is_shown.then_some([metric, other])
    });
    both.flat_map(|both| of_metric(sides, frame, both)).filter(Figure::is_known).collect()
}

fn of_metric(sides: &[Side<'_>; 2], frame: &Frame<'_>, both: [&MetricResult; 2]) -> Vec<Figure> {
    let metric = both[0];
    let name = metric.name.as_str();
    let worse = match sides.iter().any(Side::is_dynamodb) {
        true => capacity::direction(name).unwrap_or_else(|| direction(metric)),
        false => direction(metric),
    };
    match metric.kind {
        Kind::Counter => {
            let unit = if metric.contains == Contains::Data { "B/s" } else { "/s" };
            // A second without samples of a counter is one in which it stood still.
            let of: Ratio<'_> = &|second| Some((second.stat(name, "sum"), second.length()));
            vec![Figure::new(name, unit, worse).ratio(frame, 1.0, [of; 2])]
        }
        Kind::Rate => {
            let figure = Figure::new(name, "%", worse)
                .share(frame, &|second| Some((second.stat(name, "trues"), second.stat(name, "total"))));
            vec![figure.exactly(frame, both.map(|metric| Some(metric.stats.get("rate")? * 100.0)))]
        }
        Kind::Gauge => {
            let of: Ratio<'_> = &|second| Some((second.line.stat(name, "value")?, 1.0));
            vec![Figure::new(name, unit(metric), worse).scatter(OF_GAUGES).ratio(frame, 1.0, [of; 2])]
        }
        Kind::Trend => of_trend(frame, both, worse),
    }
}

/// What the target holds, and other gauges, move that much between runs by themselves.
pub(super) const OF_GAUGES: f64 = 0.04;

fn of_trend(frame: &Frame<'_>, both: [&MetricResult; 2], worse: Worse) -> Vec<Figure> {
    let (name, unit) = (both[0].name.as_str(), unit(both[0]));
    let named = |stat: &str| Figure::new(format!("{name} {stat}"), unit, worse);
    let exact = |stat: &str| both.map(|metric| metric.stats.get(stat));
    let mean: Ratio<'_> = &|second| Some((second.line.stat(name, "sum")?, second.line.stat(name, "count")?));
    let average = named("avg").scatter(OF_MEANS).ratio(frame, 1.0, [mean; 2]).exactly(frame, exact("avg"));
    if PARTS.contains(&name) {
        return vec![average.floor(1.0)];
    }
    let times = histograms(frame, &|second, times| add_times(second, name, times));
    let percentile = |(stat, percent, scatter): (&str, f64, f64)| {
        named(stat).scatter(scatter).percentile(frame, &times, percent).exactly(frame, exact(stat))
    };
    [average].into_iter().chain(PERCENTILES.map(percentile)).collect()
}

/// The times of the batches of both sides.
pub(super) fn histograms(
    frame: &Frame<'_>,
    add: &dyn Fn(&Second<'_>, &mut Histogram),
) -> [Vec<Histogram>; 2] {
    let of_batch = |batch: &Batch<'_>| {
        let mut times = Histogram::default();
        batch.seconds.iter().for_each(|second| add(second, &mut times));
        times
    };
    frame.sides.each_ref().map(|batches| batches.iter().map(of_batch).collect())
}

/// Adds the times of a trend in a second.
fn add_times(second: &Second<'_>, name: &str, times: &mut Histogram) {
    if name == metric::HTTP_REQ_DURATION && !second.line.durations.is_empty() {
        times.add(&second.line.durations);
    } else if let Some(stats) = second.line.metrics.get(name) {
        times.add_sketch(stats);
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

/// The figures of one step: throughput, median, p95, p99, error rate.
pub(super) fn of_step(sides: &[Side<'_>; 2], frame: &Frame<'_>) -> Vec<Figure> {
    let judged = |worse| if sides.iter().any(Side::is_dynamodb) { Worse::Neither } else { worse };
    let times = histograms(frame, &|second, times| add_times(second, metric::HTTP_REQ_DURATION, times));
    let answered: Ratio<'_> =
        &|second| Some(((second.requests() - second.without_answer()).max(0.0), second.length()));
    let percentile = |name: &str, percent: f64, scatter: f64| {
        Figure::new(name, "ms", judged(Worse::More)).scatter(scatter).percentile(frame, &times, percent)
    };
    let figures = [
        Figure::new("tps", "/s", judged(Worse::Less)).scatter(OF_MEANS).ratio(frame, 1.0, [answered; 2]),
        percentile("p50", 50.0, 0.02),
        percentile("p95", 95.0, 0.03),
        percentile("p99", 99.0, 0.05),
        Figure::new("error rate", "%", Worse::More)
            .share(frame, &|second| Some((second.failed(), second.requests()))),
    ];
    let known = figures.into_iter().filter(Figure::is_known);
    known.map(|figure| figure.family(Family::Step)).collect()
}
