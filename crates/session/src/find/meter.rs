//! The meter turns the samples of an interval into what a search reads: counts of iterations, and of what was bad.

use flashcrowd_engine::Tick;
use flashcrowd_metrics::{Builtin, MetricId, Sink, SinkKey, Totals, Trend, names};
use flashcrowd_search::{Second, Tally};

use super::promise::{Counted, Judged};

/// From which share of requests without any response on an interval counts as one without responses.
const SILENT: f64 = 0.9;

/// Turns intervals into seconds of a search.
#[derive(Clone, Debug, Default)]
pub(crate) struct Meter {
    done: f64,
    dropped: f64,
    in_flight: f64,
}

/// A second of a search, with the distributions that percentiles are taken from.
pub(crate) struct Measured {
    pub(crate) second: Second,
    /// Response times for each promise that is about them.
    pub(crate) trends: Vec<Option<Trend>>,
}

impl Meter {
    /// What was measured in the interval of a tick.
    pub(crate) fn measure(&mut self, tick: &Tick<'_>, promises: &[Judged]) -> Measured {
        let sum = |count: fn(&flashcrowd_engine::ScenarioProgress) -> u64| {
            tick.scenarios.iter().map(count).sum::<u64>() as f64
        };
        let done = sum(|one| one.iterations.completed + one.iterations.interrupted);
        let (dropped, in_flight) = (sum(|one| one.iterations.dropped), sum(|one| one.vus_active));
        let mut second = Second {
            length: tick.interval.as_secs_f64(),
            done: done - self.done,
            dropped: dropped - self.dropped,
            in_flight,
            ..Second::default()
        };
        second.due = (second.done + second.dropped + in_flight - self.in_flight).max(0.0);
        (self.done, self.dropped, self.in_flight) = (done, dropped, in_flight);
        let requests = counter(tick.totals, Builtin::HTTP_REQS);
        let silent = silent(tick.totals);
        second.response =
            mean(tick.totals, Builtin::HTTP_REQ_DURATION).filter(|_| silent < SILENT * requests.max(1.0));
        second.iteration = mean(tick.totals, Builtin::ITERATION_DURATION);
        let mut trends = Vec::new();
        for promise in promises {
            let (tally, trend) = tally(tick.totals, promise, silent, second.dropped);
            second.tallies.push(tally);
            trends.push(trend);
        }
        Measured { second, trends }
    }
}

/// What a promise counted in an interval. What was never answered, or never started, is bad.
fn tally(totals: &Totals, promise: &Judged, silent: f64, dropped: f64) -> (Tally, Option<Trend>) {
    match promise.what {
        Counted::SlowerThan(limit) => {
            let trend = trend(totals, promise.request.as_deref());
            let all = trend.count() as f64;
            let slow = trend.buckets().into_iter().filter(|(ms, _)| *ms > limit).map(|(_, count)| count);
            let (slow, never) =
                (slow.sum::<u64>() as f64, if promise.request.is_none() { silent } else { 0.0 });
            let reach = if all > 0.0 { trend.max() / limit } else { 0.0 };
            let bad = (slow + never).min(all) + dropped;
            let reach = if bad > 0.0 { 1.0 } else { reach };
            (Tally { all: all + dropped, bad, reach }, Some(trend))
        }
        Counted::Failed => {
            let (bad, all) = rate(totals, Builtin::HTTP_REQ_FAILED, promise.request.as_deref());
            (Tally { all, bad, reach: 1.0 }, None)
        }
        Counted::Checks => {
            let (good, all) = rate(totals, Builtin::CHECKS, None);
            (Tally { all, bad: all - good, reach: 1.0 }, None)
        }
    }
}

fn counter(totals: &Totals, metric: MetricId) -> f64 {
    match totals.interval(&SinkKey::Metric(metric)) {
        Some(Sink::Counter { sum, .. }) => *sum,
        _ => 0.0,
    }
}

/// The mean of a trend of milliseconds, in seconds.
fn mean(totals: &Totals, metric: MetricId) -> Option<f64> {
    match totals.interval(&SinkKey::Metric(metric)) {
        Some(Sink::Trend(trend)) if trend.count() > 0 => Some(trend.avg() / 1000.0),
        _ => None,
    }
}

/// The sinks of an interval of a metric, by request, for one request.
fn rows<'a>(totals: &'a Totals, metric: MetricId, request: &'a str) -> impl Iterator<Item = &'a Sink> {
    let plan = totals.plan();
    totals.iter().filter_map(move |(key, _, sink)| match key {
        SinkKey::Row { view, metric: found, tags }
            if *found == metric && plan.views[*view].name == names::view::REQUESTS =>
        {
            let tag = |name| tags.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value);
            let (name, method) = (tag(names::tag::NAME), tag(names::tag::METHOD));
            let is_it =
                name == request || request.strip_prefix(method).is_some_and(|rest| rest.trim_start() == name);
            is_it.then_some(sink)
        }
        _ => None,
    })
}

fn trend(totals: &Totals, request: Option<&str>) -> Trend {
    // From when a request was due, where that is known.
    let metric = match totals.metric(Builtin::HTTP_REQ_RESPONSE_TIME) {
        Some(sink) if !sink.is_empty() => Builtin::HTTP_REQ_RESPONSE_TIME,
        _ => Builtin::HTTP_REQ_DURATION,
    };
    let mut all = Trend::default();
    let mut add = |sink: &Sink| {
        if let Sink::Trend(trend) = sink {
            all.merge(trend);
        }
    };
    match request {
        None => totals.interval(&SinkKey::Metric(metric)).into_iter().for_each(&mut add),
        Some(request) => rows(totals, metric, request).for_each(&mut add),
    }
    all
}

fn rate(totals: &Totals, metric: MetricId, request: Option<&str>) -> (f64, f64) {
    let sum = |(trues, all): (f64, f64), sink: &Sink| match sink {
        Sink::Rate(rate) => (trues + rate.trues as f64, all + rate.total as f64),
        _ => (trues, all),
    };
    match request {
        None => totals.interval(&SinkKey::Metric(metric)).into_iter().fold((0.0, 0.0), sum),
        Some(request) => rows(totals, metric, request).fold((0.0, 0.0), sum),
    }
}

/// Requests of an interval that got no response.
fn silent(totals: &Totals) -> f64 {
    let plan = totals.plan();
    let counts = totals.iter().filter_map(|(key, _, sink)| match (key, sink) {
        (SinkKey::Row { view, metric, tags }, Sink::Counter { sum, .. })
            if *metric == Builtin::HTTP_REQS && plan.views[*view].name == names::view::REQUESTS =>
        {
            let status = tags.iter().find(|(key, _)| *key == names::tag::STATUS);
            status.is_some_and(|(_, status)| status == "0").then_some(*sum)
        }
        _ => None,
    });
    counts.sum()
}
