//! Durations are a distribution of times that can be merged with others.

use std::collections::BTreeMap;

use flashcrowd_record::Stats;

/// How many points represent a distribution of which only a few percentiles are known.
const SKETCH_POINTS: f64 = 200.0;

/// Times in milliseconds that stand for a distribution of which no more than count, min, max, p50, p90, p95 and p99 are
/// known, each with how many it stands for; between these they lie evenly. They are as many as there were, but at `most`.
pub(crate) fn sketched(stats: &Stats, most: f64) -> Vec<(f64, f64)> {
    let count = stats.value("count");
    let known: Vec<(f64, f64)> =
        [(0.0, "min"), (0.5, "p50"), (0.9, "p90"), (0.95, "p95"), (0.99, "p99"), (1.0, "max")]
            .into_iter()
            .filter_map(|(share, name)| Some((share, stats.get(name).filter(|value| value.is_finite())?)))
            .collect();
    let (Some(first), Some(last), true) = (known.first(), known.last(), count > 0.0) else {
        return Vec::new();
    };
    let points = count.min(most).round().max(1.0);
    let point = |at: usize| {
        let share = (at as f64 + 0.5) / points;
        let below = known.iter().rev().find(|known| known.0 <= share).unwrap_or(first);
        let above = known.iter().find(|known| known.0 > share).unwrap_or(last);
        let part = if above.0 > below.0 { (share - below.0) / (above.0 - below.0) } else { 0.0 };
        (below.1 + (above.1 - below.1) * part, count / points)
    };
    (0..points as usize).map(point).collect()
}

/// A distribution of times.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Durations {
    /// How many times there are, by microseconds.
    buckets: BTreeMap<u64, f64>,
    count: f64,
}

impl Durations {
    /// Adds a distribution as the timeline holds it: (microseconds, how many).
    pub(crate) fn add(&mut self, durations: &[(u64, u64)]) {
        for &(micros, count) in durations {
            self.put(micros, count as f64);
        }
    }

    /// Adds a trend of which an interval holds no more than count, min, max, p50, p90, p95 and p99, in milliseconds.
    /// Between these the times are taken to lie evenly.
    pub(crate) fn add_sketch(&mut self, stats: &Stats) {
        for (millis, count) in sketched(stats, SKETCH_POINTS) {
            self.put((millis * 1e3).round().max(0.0) as u64, count);
        }
    }

    fn put(&mut self, micros: u64, count: f64) {
        *self.buckets.entry(micros).or_default() += count;
        self.count += count;
    }

    /// The time that this percentage of the times does not exceed, in milliseconds: straight between the two times
    /// next to the rank `percent / 100 · (count - 1)`, as in the summary.
    pub(crate) fn percentile(&self, percent: f64) -> Option<f64> {
        let rank = percent / 100.0 * (self.count - 1.0).max(0.0);
        let low = self.at(rank.floor())?;
        let high = self.at(rank.floor() + 1.0)?;
        Some((low + (high - low) * rank.fract()) / 1e3)
    }

    /// The share of the times that are longer than that, in milliseconds.
    pub(crate) fn share_above(&self, millis: f64) -> Option<f64> {
        let above = self.buckets.iter().filter(|(micros, _)| **micros as f64 > millis * 1e3);
        let above: f64 = above.map(|(_, count)| count).sum();
        (self.count > 0.0).then(|| above / self.count)
    }

    /// How many times there are.
    pub(crate) fn count(&self) -> f64 {
        self.count
    }

    /// The time with that many times below it, in microseconds.
    fn at(&self, rank: f64) -> Option<f64> {
        let mut below = 0.0;
        let found = self.buckets.iter().find(|(_, count)| {
            below += **count;
            below > rank + 1e-6
        });
        found.or(self.buckets.last_key_value()).map(|(micros, _)| *micros as f64)
    }

    /// The mean, in milliseconds.
    pub(crate) fn mean(&self) -> Option<f64> {
        let sum: f64 = self.buckets.iter().map(|(micros, count)| *micros as f64 * count).sum();
        (self.count > 0.0).then(|| sum / self.count / 1e3)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn percentiles_are_those_of_all_times_together() {
        let mut all = Durations::default();
        all.add(&[(1_000, 98), (5_000, 1)]);
        all.add(&[(9_000, 1)]);
        assert_eq!(all.count, 100.0);
        // The ranks are 49.5, 97.02, 98.01 and 99 of 0 to 99.
        for (percent, expected) in [(50.0, 1.0), (98.0, 1.08), (99.0, 5.04), (100.0, 9.0)] {
            assert!((all.percentile(percent).unwrap() - expected).abs() < 1e-9, "{percent}");
        }
        assert_eq!((all.share_above(1.0), all.share_above(5.0)), (Some(0.02), Some(0.01)));
        assert_eq!(all.mean(), Some(1.12));
        assert_eq!((Durations::default().percentile(50.0), Durations::default().mean()), (None, None));
    }

    #[test]
    fn one_time_is_every_percentile() {
        let mut one = Durations::default();
        one.add_sketch(&[("count", 1.0), ("min", 7.0), ("max", 7.0), ("p50", 7.0), ("p99", 7.0)].into());
        assert_eq!((one.percentile(1.0), one.percentile(99.9)), (Some(7.0), Some(7.0)));
    }

    proptest! {
        #[test]
        fn a_sketch_of_many_intervals_is_close(median in 1.0..500.0_f64, spread in 1.01..4.0_f64) {
            let (mut exact, mut sketch) = (Durations::default(), Durations::default());
            for interval in 0..30 {
                let mut times: Vec<f64> = (0..300)
                    .map(|at| {
                        let share = f64::from((at * 7919 + interval * 104_729) % 300) / 300.0;
                        median * spread.powf(share * share * 3.0)
                    })
                    .collect();
                times.sort_by(f64::total_cmp);
                let pairs: Vec<(u64, u64)> = times.iter().map(|time| ((time * 1e3) as u64, 1)).collect();
                exact.add(&pairs);
                let at = |share: f64| times[(share * 299.0) as usize];
                sketch.add_sketch(&[
                    ("count", 300.0), ("min", at(0.0)), ("p50", at(0.5)), ("p90", at(0.9)), ("p95", at(0.95)),
                    ("p99", at(0.99)), ("max", at(1.0)),
                ].into());
            }
            for percent in [50.0, 90.0, 95.0, 99.0] {
                let (exact, sketch) = (exact.percentile(percent).unwrap(), sketch.percentile(percent).unwrap());
                prop_assert!((exact / sketch - 1.0).abs() < 0.05, "{percent}: {exact} {sketch}");
            }
        }
    }
}
