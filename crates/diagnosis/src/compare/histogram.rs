//! A histogram counts times in buckets that all seconds share, so that seconds can be added up and taken apart.

use flashcrowd_record::Stats;

use crate::stats::durations::sketched;

/// The bounds of buckets grow by this factor, as those of a record's timeline do.
const BUCKET: f64 = 1.018;

/// The number of buckets: up to an hour and a half, in microseconds.
const BUCKETS: usize = 1256;

/// How many points stand for times of which only a few percentiles are known.
const POINTS: f64 = 100.0;

/// Times in buckets; none of them has a bucket before the first time is added.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Histogram {
    buckets: Vec<f64>,
    count: f64,
}

impl Histogram {
    /// How many times there are.
    pub(super) fn count(&self) -> f64 {
        self.count
    }

    /// Adds times as a timeline holds them: microseconds, and how many.
    pub(super) fn add(&mut self, durations: &[(u64, u64)]) {
        for (micros, count) in durations {
            self.put(*micros as f64, *count as f64);
        }
    }

    /// Adds times in milliseconds of which no more than count, min, max, p50, p90, p95 and p99 are known: between
    /// these they lie evenly.
    pub(super) fn add_sketch(&mut self, stats: &Stats) {
        for (millis, count) in sketched(stats, POINTS) {
            self.put(millis * 1e3, count);
        }
    }

    /// Adds another one, as if it had happened so many times.
    pub(super) fn merge(&mut self, other: &Self, times: f64) {
        if other.count <= 0.0 {
            return;
        }
        self.buckets.resize(BUCKETS, 0.0);
        for (mine, theirs) in self.buckets.iter_mut().zip(&other.buckets) {
            *mine += theirs * times;
        }
        self.count += other.count * times;
    }

    fn put(&mut self, micros: f64, count: f64) {
        self.buckets.resize(BUCKETS, 0.0);
        let at = (micros.max(1.0).ln() / BUCKET.ln()).round().max(0.0) as usize;
        self.buckets[at.min(BUCKETS - 1)] += count;
        self.count += count;
    }

    /// The time in milliseconds that this share of the times does not exceed; within a bucket they lie evenly.
    pub(super) fn quantile(&self, share: f64) -> Option<f64> {
        let rank = share.clamp(0.0, 1.0) * self.count;
        let (mut below, mut last) = (0.0, None);
        for (at, count) in self.buckets.iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let part = ((rank - below) / count).clamp(0.0, 1.0);
            last = Some(time(at as f64 - 0.5 + part));
            below += count;
            if below >= rank {
                break;
            }
        }
        last.filter(|_| self.count > 0.0)
    }

    /// How many times are longer than so many milliseconds; of the bucket that it lies in, its part.
    pub(super) fn above(&self, millis: f64) -> f64 {
        let place = (millis * 1e3).max(1.0).ln() / BUCKET.ln();
        let at = place.round().max(0.0);
        let cut = (at as usize).min(BUCKETS - 1);
        let Some(count) = self.buckets.get(cut) else { return 0.0 };
        let part = (at + 0.5 - place).clamp(0.0, 1.0);
        self.buckets[cut + 1..].iter().sum::<f64>() + count * part
    }
}

/// The time in milliseconds at a place between buckets.
fn time(place: f64) -> f64 {
    BUCKET.powf(place) / 1e3
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_sketch_has_the_percentiles_it_was_made_of() {
        let stats: Stats = [
            ("count", 1000.0),
            ("min", 10.0),
            ("p50", 20.0),
            ("p90", 40.0),
            ("p95", 50.0),
            ("p99", 100.0),
            ("max", 200.0),
        ]
        .into();
        let mut histogram = Histogram::default();
        histogram.add_sketch(&stats);
        for (share, millis) in [(0.5, 20.0), (0.9, 40.0), (0.95, 50.0)] {
            let found = histogram.quantile(share).unwrap();
            assert!((found / millis - 1.0).abs() < 0.05, "{share}: {found}");
        }
        assert!((histogram.above(20.0) - 500.0).abs() < 20.0);
        assert_eq!(Histogram::default().quantile(0.5), None);
        assert_eq!(Histogram::default().above(1.0), 0.0);
    }

    proptest! {
        #[test]
        fn what_is_above_a_quantile_is_the_rest(
            times in proptest::collection::vec((100..5_000_000_u64, 1..50_u64), 1..40),
            share in 0.01..0.99_f64,
        ) {
            let mut histogram = Histogram::default();
            histogram.add(&times);
            let at = histogram.quantile(share).unwrap();
            let above = histogram.above(at) / histogram.count();
            prop_assert!((above - (1.0 - share)).abs() < 1e-6, "{at}: {above}");
            let mut twice = Histogram::default();
            twice.merge(&histogram, 2.0);
            let again = twice.quantile(share).unwrap();
            prop_assert!((again / at - 1.0).abs() < 1e-9);
        }
    }
}
