//! A tally is what became of what customers wanted: how many looked and ordered, and how often that failed.

use flashcrowd_dynamodb::Measures;
use flashcrowd_metrics::names::{dynamodb as names, tag};
use flashcrowd_metrics::{Sink, SinkKey, Totals};
use flashcrowd_record::Results;

/// The pattern of those who order; all others look.
const ORDER: &str = "order";

/// What became of steps of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Came true.
    pub ok: u64,
    /// Failed.
    pub failed: u64,
}

/// What became of what customers wanted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Looks at products.
    pub reads: Count,
    /// Orders.
    pub orders: Count,
    /// Attempts that were throttled.
    pub throttled: u64,
    /// Calls that were given up after a throttle, or a conflict: what an application would see of them.
    pub gave_up: u64,
}

impl Count {
    /// Both together.
    pub fn total(self) -> u64 {
        self.ok + self.failed
    }
}

impl Tally {
    /// Of the run so far, and of its last interval.
    pub fn of(totals: &Totals, measures: &Measures) -> (Self, Self) {
        let (mut run, mut interval) = (Self::default(), Self::default());
        let views = &totals.plan().views;
        for (key, whole, last) in totals.iter() {
            match key {
                SinkKey::Row { view, metric, tags }
                    if *metric == measures.failed && views[*view].name == Measures::VIEW =>
                {
                    let pattern = tags.get(tag::PATTERN).unwrap_or_default();
                    for (tally, sink) in [(&mut run, whole), (&mut interval, last)] {
                        if let Sink::Rate(rate) = sink {
                            tally.add(pattern, rate.total - rate.trues, rate.trues);
                        }
                    }
                }
                SinkKey::Metric(metric) if *metric == measures.throttled => {
                    (run.throttled, interval.throttled) = (counted(whole), counted(last));
                }
                SinkKey::Metric(metric) if *metric == measures.gave_up => {
                    (run.gave_up, interval.gave_up) = (counted(whole), counted(last));
                }
                _ => {}
            }
        }
        (run, interval)
    }

    /// Of a whole run, by its results.
    pub fn of_results(results: &Results) -> Self {
        let mut tally = Self::default();
        let rows =
            results.rows.iter().filter(|row| row.view == Measures::VIEW && row.metric == names::FAILED);
        for row in rows {
            let pattern = row.tags.get(tag::PATTERN).map_or("", String::as_str);
            tally.add(pattern, whole(row.stats.value("fails")), whole(row.stats.value("passes")));
        }
        tally.throttled = counter(results, names::THROTTLED);
        tally.gave_up = counter(results, names::GAVE_UP);
        tally
    }

    /// Everything that was wanted.
    pub fn requests(self) -> u64 {
        self.reads.total() + self.orders.total()
    }

    /// Everything that failed.
    pub fn failed(self) -> u64 {
        self.reads.failed + self.orders.failed
    }

    /// The share that came true, in per cent; nothing has failed where nothing was wanted.
    pub fn success_percent(self) -> f64 {
        match self.requests() {
            0 => 100.0,
            requests => (requests - self.failed()) as f64 / requests as f64 * 100.0,
        }
    }

    /// Requests a second.
    pub fn rate(self, seconds: f64) -> f64 {
        if seconds > 0.0 { self.requests() as f64 / seconds } else { 0.0 }
    }

    fn add(&mut self, pattern: &str, ok: u64, failed: u64) {
        let count = if pattern == ORDER { &mut self.orders } else { &mut self.reads };
        count.ok += ok;
        count.failed += failed;
    }
}

fn counted(sink: &Sink) -> u64 {
    match sink {
        Sink::Counter { sum, .. } => whole(*sum),
        _ => 0,
    }
}

/// What a counter of the results came to.
pub fn counter(results: &Results, metric: &str) -> u64 {
    results.metric(metric).map_or(0, |metric| whole(metric.stats.value("count")))
}

/// A count that was kept as a floating-point number.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "counts are whole and not negative"
)]
pub fn whole(count: f64) -> u64 {
    count.round() as u64
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use flashcrowd_metrics::{Plan, Registry, Shard, TagSet};
    use flashcrowd_record::{ResultsMeta, SummaryOptions};

    use super::*;

    /// A day that came to the figures of a documented one: 670 + 5 looks, 621 orders, 5 throttles.
    pub(crate) fn sample() -> Tally {
        Tally {
            reads: Count { ok: 670, failed: 5 },
            orders: Count { ok: 621, failed: 0 },
            throttled: 5,
            gave_up: 5,
        }
    }

    /// Totals with samples of two intervals, of which the second is the last.
    pub(crate) fn totals() -> (Totals, Measures) {
        let registry = Registry::new();
        let measures = Measures::define(&registry).unwrap();
        let mut plan = Plan::new(registry);
        plan.views.push(measures.view());
        let plan = Arc::new(plan);
        let (mut shard, mut totals) = (Shard::new(plan.clone()), Totals::new(plan, 1));
        for round in 0..2 {
            totals.start_interval();
            for (pattern, scenario, ok, failed) in [
                ("scan", "product_queries", 3, 1),
                ("get", "product_queries", 5, 0),
                ("order", "order_creation", 4, 2),
            ] {
                let tags = TagSet::from_pairs([("pattern", pattern), ("scenario", scenario)]);
                (0..ok).for_each(|_| shard.sample(measures.failed, &tags, 0.0));
                (0..failed * round).for_each(|_| shard.sample(measures.failed, &tags, 1.0));
            }
            let tags = TagSet::from_pairs([("table", "Orders"), ("reason", "x")]);
            shard.sample(measures.throttled, &tags, 1.0);
            shard.sample(measures.gave_up, &tags, 1.0);
            totals.absorb(0, shard.take());
        }
        (totals, measures)
    }

    #[test]
    fn totals_and_results_say_the_same() {
        let (totals, measures) = totals();
        let (run, interval) = Tally::of(&totals, &measures);
        let expected = Tally {
            reads: Count { ok: 16, failed: 1 },
            orders: Count { ok: 8, failed: 2 },
            throttled: 2,
            gave_up: 2,
        };
        assert_eq!(run, expected);
        let last = Tally {
            reads: Count { ok: 8, failed: 1 },
            orders: Count { ok: 4, failed: 2 },
            throttled: 1,
            gave_up: 1,
        };
        assert_eq!(interval, last);
        let summary = SummaryOptions::default();
        let results = Results::collect(&totals, ResultsMeta::default(), &summary, &[], 2.0);
        assert_eq!(Tally::of_results(&results), expected);
    }

    #[test]
    fn shares_and_rates() {
        let tally = sample();
        assert_eq!((tally.requests(), tally.failed()), (1296, 5));
        assert_eq!(format!("{:.2} {:.2}", tally.success_percent(), tally.rate(48.98)), "99.61 26.46");
        assert_eq!((Tally::default().success_percent(), Tally::default().rate(0.0)), (100.0, 0.0));
    }
}
