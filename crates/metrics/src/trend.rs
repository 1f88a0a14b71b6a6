//! A trend is a distribution of values: exact while it is small, a histogram when it has grown.

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
    count: u64,
    sum: f64,
    min: f64,
    max: f64,
    /// Zeros are only counted: most phases of most requests are zero, and take no memory so.
    zeros: u64,
    store: Store,
}

#[derive(Clone, Debug)]
enum Store {
    Exact(Vec<f64>),
    Counted(Box<Counted>),
}

/// Two histograms, because HdrHistogram counts no negative values.
#[derive(Clone, Debug)]
struct Counted {
    positive: Histogram<u64>,
    negative: Option<Histogram<u64>>,
}

impl Default for Trend {
    fn default() -> Self {
        Self {
            count: 0,
            sum: 0.0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            zeros: 0,
            store: Store::Exact(Vec::new()),
        }
    }
}

impl Trend {
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
            Store::Counted(counted) => counted.record(value, 1),
            Store::Exact(values) if values.len() < EXACT => values.push(value),
            Store::Exact(_) => self.count_values().record(value, 1),
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
            (Store::Exact(mine), Store::Exact(theirs)) if mine.len() + theirs.len() <= EXACT => {
                mine.extend_from_slice(theirs);
            }
            (_, Store::Exact(theirs)) => {
                let counted = self.count_values();
                theirs.iter().for_each(|&value| counted.record(value, 1));
            }
            (_, Store::Counted(theirs)) => self.count_values().merge(theirs),
        }
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

    /// The values at several quantiles; sorts once.
    pub fn quantiles(&self, quantiles: &[f64]) -> Vec<f64> {
        if self.count == 0 {
            return vec![0.0; quantiles.len()];
        }
        match &self.store {
            Store::Exact(values) => {
                let sorted = sorted(values);
                let below = sorted.partition_point(|value| *value < 0.0) as u64;
                quantiles.iter().map(|&q| self.interpolate(q, below, |at| sorted[at as usize])).collect()
            }
            Store::Counted(counted) => {
                let below = counted.below_zero();
                let value = |at| counted.at_rank(at, below);
                quantiles
                    .iter()
                    .map(|&q| self.interpolate(q, below, value).clamp(self.min, self.max))
                    .collect()
            }
        }
    }

    /// The distribution as (value, count) pairs in ascending order, for charts and records.
    pub fn buckets(&self) -> Vec<(f64, u64)> {
        let mut buckets: Vec<(f64, u64)> = Vec::new();
        match &self.store {
            Store::Counted(counted) => buckets = counted.buckets(),
            Store::Exact(values) => {
                for value in sorted(values) {
                    match buckets.last_mut() {
                        Some(last) if last.0 == value => last.1 += 1,
                        _ => buckets.push((value, 1)),
                    }
                }
            }
        }
        if self.zeros > 0 {
            let at = buckets.partition_point(|bucket| bucket.0 < 0.0);
            buckets.insert(at, (0.0, self.zeros));
        }
        buckets
    }

    /// k6's interpolation (see [`percentile`](crate::percentile())) over `below` negative values, the zeros, and the
    /// others; `value` answers the one at a rank that leaves the zeros out.
    fn interpolate(&self, quantile: f64, below: u64, value: impl Fn(u64) -> f64) -> f64 {
        let at = |rank: u64| match rank {
            rank if rank < below => value(rank),
            rank if rank < below + self.zeros => 0.0,
            rank => value(rank - self.zeros),
        };
        let last = self.count - 1;
        let rank = quantile.clamp(0.0, 1.0) * last as f64;
        let (low, high) = (at(rank.floor() as u64), at((rank.floor() as u64 + 1).min(last)));
        low + (high - low) * rank.fract()
    }

    fn count_values(&mut self) -> &mut Counted {
        if let Store::Exact(values) = &self.store {
            let mut counted = Counted { positive: new_histogram(), negative: None };
            values.iter().for_each(|&value| counted.record(value, 1));
            self.store = Store::Counted(Box::new(counted));
        }
        match &mut self.store {
            Store::Counted(counted) => counted,
            Store::Exact(_) => unreachable!("the store was just made a counted one"),
        }
    }
}

impl Counted {
    fn record(&mut self, value: f64, times: u64) {
        let scaled = (value.abs() * SCALE + 0.5) as u64;
        let side = if value < 0.0 && scaled > 0 {
            self.negative.get_or_insert_with(new_histogram)
        } else {
            &mut self.positive
        };
        side.record_n(scaled, times).expect("an auto-resizing histogram records every u64");
    }

    fn merge(&mut self, other: &Counted) {
        self.positive.add(&other.positive).expect("histograms of one make resize to hold each other");
        if let Some(theirs) = &other.negative {
            let mine = self.negative.get_or_insert_with(new_histogram);
            mine.add(theirs).expect("histograms of one make resize to hold each other");
        }
    }

    fn below_zero(&self) -> u64 {
        self.negative.as_ref().map_or(0, Histogram::len)
    }

    /// The value of the sample at a rank counted from zero, the `below_zero` negative ones first.
    fn at_rank(&self, rank: u64, below_zero: u64) -> f64 {
        match &self.negative {
            Some(negative) if rank < below_zero => -nth(negative, below_zero - 1 - rank),
            _ => nth(&self.positive, rank - below_zero),
        }
    }

    fn buckets(&self) -> Vec<(f64, u64)> {
        let mut buckets = Vec::new();
        if let Some(negative) = &self.negative {
            buckets.extend(recorded(negative).map(|(value, n)| (-value, n)));
            buckets.reverse();
        }
        buckets.extend(recorded(&self.positive));
        buckets
    }
}

fn sorted(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted
}

fn recorded(histogram: &Histogram<u64>) -> impl Iterator<Item = (f64, u64)> {
    histogram.iter_recorded().map(|bucket| {
        let middle = histogram.median_equivalent(bucket.value_iterated_to());
        (middle as f64 / SCALE, bucket.count_at_value())
    })
}

fn nth(histogram: &Histogram<u64>, rank: u64) -> f64 {
    // HdrHistogram's quantile q answers the sample of one-based rank ceil(q * n).
    let quantile = (rank as f64 + 0.5) / histogram.len().max(1) as f64;
    histogram.median_equivalent(histogram.value_at_quantile(quantile)) as f64 / SCALE
}

fn new_histogram() -> Histogram<u64> {
    let mut histogram = Histogram::new(DIGITS).expect("three digits are within HdrHistogram's one to five");
    histogram.auto(true);
    histogram
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
            let mut merged = trend(&values[..split]);
            merged.merge(&trend(&values[split..]));
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
