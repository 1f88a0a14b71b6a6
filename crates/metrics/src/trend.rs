//! A trend is a distribution of values: exact while it is small, counted in buckets when it has grown.

use std::cmp::Ordering;

use hdrhistogram::Histogram;

/// Up to this many samples a trend keeps every value, and its percentiles are exact.
const EXACT: usize = 4096;
/// Histograms count integers: values are counted in millionths (nanoseconds, for times in milliseconds).
const SCALE: f64 = 1e6;
/// Three significant digits: a percentile is within 0.1 % of the true one.
const DIGITS: u8 = 3;

/// The distribution of a trend's values. Count, sum, smallest and largest are always exact.
#[derive(Clone, Debug)]
pub struct Trend {
    pub(crate) count: u64,
    pub(crate) sum: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    /// Zeros are only counted: most phases of most requests are zero, and take no memory so.
    pub(crate) zeros: u64,
    pub(crate) store: Store,
}

/// | store | becomes | when |
/// | --- | --- | --- |
/// | `Exact` | `Counting` | one value too many is added |
/// | `Exact` | `Buckets` | it is merged with one that does not fit |
/// | `Counting` | `Buckets` | it is taken, or merged |
#[derive(Clone, Debug)]
pub(crate) enum Store {
    /// Every value.
    Exact(Vec<f64>),
    /// Quick to add to, and large.
    Counting(Box<Counting>),
    /// What histograms found, in ascending order; small, and easily merged.
    Buckets(Vec<Bucket>),
}

/// A value and how often it was counted.
type Bucket = (f64, u64);

/// Two histograms, because HdrHistogram counts no negative values.
#[derive(Clone, Debug)]
pub(crate) struct Counting {
    positive: Histogram<u64>,
    negative: Option<Histogram<u64>>,
}

impl Default for Trend {
    fn default() -> Self {
        Self::with(Store::Exact(Vec::new()))
    }
}

impl Trend {
    fn with(store: Store) -> Self {
        Self { count: 0, sum: 0.0, min: f64::INFINITY, max: f64::NEG_INFINITY, zeros: 0, store }
    }

    /// Adds one value.
    pub fn add(&mut self, value: f64) {
        self.count += 1;
        self.sum += value;
        if value < self.min {
            self.min = value;
        }
        if value > self.max {
            self.max = value;
        }
        match &mut self.store {
            _ if value == 0.0 => self.zeros += 1,
            Store::Counting(counting) => counting.record(value),
            Store::Exact(values) if values.len() < EXACT => values.push(value),
            Store::Exact(values) => {
                let mut counting = Counting::of(values);
                counting.record(value);
                self.store = Store::Counting(Box::new(counting));
            }
            Store::Buckets(buckets) => *buckets = merged(buckets, &Counting::of(&[value]).buckets()),
        }
    }

    /// Adds all values of another trend.
    pub fn merge(&mut self, other: &Trend) {
        self.count += other.count;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.zeros += other.zeros;
        match (&mut self.store, &other.store) {
            (_, Store::Exact(theirs)) if theirs.is_empty() => {}
            (Store::Exact(mine), Store::Exact(theirs)) if mine.len() + theirs.len() <= EXACT => {
                mine.extend_from_slice(theirs);
            }
            _ => self.store = Store::Buckets(merged(&self.store.buckets(), &other.store.buckets())),
        }
    }

    /// Takes all values out. What is left keeps its histogram, so that intervals cost no memory after the first.
    pub fn take(&mut self) -> Trend {
        let left = match &mut self.store {
            Store::Counting(_) => {
                let buckets = self.store.buckets();
                std::mem::replace(&mut self.store, Store::Buckets(buckets))
            }
            _ => Store::Exact(Vec::new()),
        };
        let mut left = Trend::with(left);
        if let Store::Counting(counting) = &mut left.store {
            counting.reset();
        }
        std::mem::replace(self, left)
    }

    /// How many values there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The sum of all values.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// The smallest value, zero without values.
    pub fn min(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.min }
    }

    /// The largest value, zero without values.
    pub fn max(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.max }
    }

    /// The mean, zero without values.
    pub fn avg(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum / self.count as f64 }
    }

    /// The value at a quantile from 0 to 1, zero without values.
    pub fn quantile(&self, quantile: f64) -> f64 {
        self.quantiles(&[quantile])[0]
    }

    /// The values at several quantiles, interpolated as [`percentile`](crate::percentile()) says.
    pub fn quantiles(&self, quantiles: &[f64]) -> Vec<f64> {
        let Some(last) = self.count.checked_sub(1) else { return vec![0.0; quantiles.len()] };
        let buckets = self.buckets();
        let mut seen = 0;
        let ends: Vec<u64> = buckets
            .iter()
            .map(|(_, count)| {
                seen += count;
                seen
            })
            .collect();
        let at = |rank: u64| buckets[ends.partition_point(|end| *end <= rank)].0.clamp(self.min, self.max);
        let value = |quantile: &f64| {
            let rank = quantile.clamp(0.0, 1.0) * last as f64;
            let (low, high) = (at(rank.floor() as u64), at((rank.floor() as u64 + 1).min(last)));
            low + (high - low) * rank.fract()
        };
        quantiles.iter().map(value).collect()
    }

    /// The distribution as (value, count) pairs in ascending order, for charts and records.
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        let mut buckets = match &self.store {
            Store::Exact(values) => counted(values),
            store => store.buckets(),
        };
        if self.zeros > 0 {
            let at = buckets.partition_point(|bucket| bucket.0 < 0.0);
            buckets.insert(at, (0.0, self.zeros));
        }
        buckets
    }
}

impl Store {
    /// The buckets that histograms have for these values.
    pub(crate) fn buckets(&self) -> Vec<Bucket> {
        match self {
            Store::Exact(values) => Counting::of(values).buckets(),
            Store::Counting(counting) => counting.buckets(),
            Store::Buckets(buckets) => buckets.clone(),
        }
    }
}

impl Counting {
    fn of(values: &[f64]) -> Self {
        let mut counting = Self { positive: new_histogram(), negative: None };
        values.iter().for_each(|&value| counting.record(value));
        counting
    }

    fn record(&mut self, value: f64) {
        let scaled = (value.abs() * SCALE + 0.5) as u64;
        let side = if value < 0.0 && scaled > 0 {
            self.negative.get_or_insert_with(new_histogram)
        } else {
            &mut self.positive
        };
        side.record(scaled).expect("an auto-resizing histogram records every u64");
    }

    fn reset(&mut self) {
        self.positive.reset();
        self.negative = None;
    }

    fn buckets(&self) -> Vec<Bucket> {
        let mut buckets = Vec::new();
        if let Some(negative) = &self.negative {
            buckets.extend(recorded(negative).map(|(value, n)| (-value, n)));
            buckets.reverse();
        }
        buckets.extend(recorded(&self.positive));
        buckets
    }
}

fn recorded(histogram: &Histogram<u64>) -> impl Iterator<Item = Bucket> {
    histogram.iter_recorded().map(|bucket| {
        let middle = histogram.median_equivalent(bucket.value_iterated_to());
        (middle as f64 / SCALE, bucket.count_at_value())
    })
}

/// Made for values up to a minute, so that a slow answer now and then does not make it grow step by step; it still
/// grows when it has to.
fn new_histogram() -> Histogram<u64> {
    const MINUTE: u64 = 60_000 * SCALE as u64;
    let mut histogram = Histogram::new_with_bounds(1, MINUTE, DIGITS)
        .expect("three digits are within HdrHistogram's one to five");
    histogram.auto(true);
    histogram
}

/// Equal values counted together, in ascending order.
fn counted(values: &[f64]) -> Vec<Bucket> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let mut buckets: Vec<Bucket> = Vec::new();
    for value in sorted {
        match buckets.last_mut() {
            Some(last) if last.0 == value => last.1 += 1,
            _ => buckets.push((value, 1)),
        }
    }
    buckets
}

/// Two ascending lists as one.
fn merged(mine: &[Bucket], theirs: &[Bucket]) -> Vec<Bucket> {
    let mut buckets = Vec::with_capacity(mine.len().max(theirs.len()));
    let (mut i, mut j) = (0, 0);
    while let (Some(a), Some(b)) = (mine.get(i), theirs.get(j)) {
        let order = a.0.total_cmp(&b.0);
        let count = if order.is_gt() { 0 } else { a.1 } + if order.is_lt() { 0 } else { b.1 };
        buckets.push((if order == Ordering::Greater { b.0 } else { a.0 }, count));
        i += usize::from(order.is_le());
        j += usize::from(order.is_ge());
    }
    buckets.extend_from_slice(&mine[i..]);
    buckets.extend_from_slice(&theirs[j..]);
    buckets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::percentile::percentile;

    fn trend(values: &[f64]) -> Trend {
        let mut trend = Trend::default();
        values.iter().for_each(|&v| trend.add(v));
        trend
    }

    #[test]
    fn an_empty_trend_is_zero_everywhere() {
        let empty = Trend::default();
        assert_eq!(
            (empty.count(), empty.min(), empty.max(), empty.avg(), empty.quantile(0.95)),
            (0, 0.0, 0.0, 0.0, 0.0)
        );
    }

    #[test]
    fn small_trends_are_exact() {
        let values: Vec<f64> =
            (0..EXACT + 100).map(|i| (i as f64 - 100.0).clamp(-50.0, 0.0) + i as f64 / 3.0).collect();
        let values: Vec<f64> =
            values.iter().enumerate().map(|(i, v)| if i % 40 == 0 { 0.0 } else { *v }).collect();
        let mut sorted = values.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        for quantile in [0.0, 0.01, 0.03, 0.5, 0.95, 1.0] {
            assert_eq!(trend(&values).quantile(quantile), percentile(&sorted, quantile), "{quantile}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn large_trends_are_within_a_thousandth(
            values in prop::collection::vec(prop_oneof![0.0..50_000.0f64, -100.0..0.0f64, Just(0.0)], 5000..9000),
            quantile in 0.0..1.0f64,
            split in 0usize..5000,
        ) {
            let mut worker = trend(&values[..split]);
            let mut merged = worker.take();
            prop_assert_eq!(worker.count(), 0);
            values[split..].iter().for_each(|&v| worker.add(v));
            merged.merge(&worker.take());
            let mut sorted = values.clone();
            sorted.sort_unstable_by(f64::total_cmp);
            let (exact, got) = (percentile(&sorted, quantile), merged.quantile(quantile));
            prop_assert!((exact - got).abs() <= exact.abs() * 0.001 + 1e-3, "{exact} {got}");
            prop_assert_eq!(merged.count(), values.len() as u64);
            prop_assert_eq!(merged.min(), sorted[0]);
            prop_assert_eq!(merged.max(), sorted[sorted.len() - 1]);
            prop_assert_eq!(merged.buckets().iter().map(|b| b.1).sum::<u64>(), values.len() as u64);
        }
    }
}
