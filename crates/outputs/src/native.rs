//! A native histogram of Prometheus: buckets whose bounds grow by a factor, of which only those with values are kept.
//!
//! Bucket `i` of schema `s` holds the values above `b^(i-1)`, up to `b^i`, where `b` is 2 to the power of `2^-s`.

use std::collections::BTreeMap;

use prost::Message;

use crate::series::Distribution;

/// Thirty-two buckets for each doubling: a quantile is within 2.2 % of the true one.
const SCHEMA: i32 = 5;

/// Values up to this one, and down to its negative, count as zero: that of Prometheus' own client.
const ZERO: f64 = 2.938_735_877_055_719e-39;

/// The histogram as it is pushed.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct Histogram {
    #[prost(uint64, tag = "1")]
    count: u64,
    #[prost(double, tag = "3")]
    sum: f64,
    #[prost(sint32, tag = "4")]
    schema: i32,
    #[prost(double, tag = "5")]
    zero_threshold: f64,
    #[prost(uint64, tag = "6")]
    zero_count: u64,
    #[prost(message, repeated, tag = "8")]
    negative_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "9")]
    negative_deltas: Vec<i64>,
    #[prost(message, repeated, tag = "11")]
    positive_spans: Vec<Span>,
    #[prost(sint64, repeated, tag = "12")]
    positive_deltas: Vec<i64>,
    #[prost(int64, tag = "15")]
    millis: i64,
}

/// Buckets one after the other.
#[derive(Clone, Copy, PartialEq, Message)]
struct Span {
    /// The first bucket, counted from the one behind the last span, or from zero.
    #[prost(sint32, tag = "1")]
    offset: i32,
    #[prost(uint32, tag = "2")]
    length: u32,
}

/// How many values are in each bucket.
#[derive(Clone, Debug, Default)]
pub(crate) struct Native {
    count: u64,
    sum: f64,
    zeros: u64,
    positive: BTreeMap<i32, u64>,
    negative: BTreeMap<i32, u64>,
}

impl Distribution for Native {
    fn add(&mut self, value: f64, is_time: bool) {
        // Times are in seconds.
        let value = if is_time { value / 1e3 } else { value };
        self.count += 1;
        self.sum += value;
        if value.abs() <= ZERO || value.is_nan() {
            self.zeros += 1;
            return;
        }
        let buckets = if value > 0.0 { &mut self.positive } else { &mut self.negative };
        let index = (value.abs().log2() * f64::from(1 << SCHEMA)).ceil();
        *buckets.entry(index as i32).or_default() += 1;
    }
}

impl Native {
    /// The histogram at a time.
    pub(crate) fn histogram(&self, millis: i64) -> Histogram {
        let (negative_spans, negative_deltas) = spans(&self.negative);
        let (positive_spans, positive_deltas) = spans(&self.positive);
        Histogram {
            count: self.count,
            sum: self.sum,
            schema: SCHEMA,
            zero_threshold: ZERO,
            zero_count: self.zeros,
            negative_spans,
            negative_deltas,
            positive_spans,
            positive_deltas,
            millis,
        }
    }
}

/// What says that there are no further histograms: one whose sum is Prometheus' mark.
pub(crate) fn ended(mark: f64, millis: i64) -> Histogram {
    Histogram { sum: mark, ..Native::default().histogram(millis) }
}

/// Buckets as spans, and each count as what it is more than the one before.
fn spans(buckets: &BTreeMap<i32, u64>) -> (Vec<Span>, Vec<i64>) {
    let (mut spans, mut deltas): (Vec<Span>, Vec<i64>) = (Vec::new(), Vec::new());
    let (mut next, mut before) = (0, 0);
    for (index, count) in buckets {
        match spans.last_mut() {
            Some(span) if *index == next => span.length += 1,
            _ => spans.push(Span { offset: index - next, length: 1 }),
        }
        let count = i64::try_from(*count).unwrap_or(i64::MAX);
        deltas.push(count - before);
        (next, before) = (index + 1, count);
    }
    (spans, deltas)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_spans_of_differences() {
        let mut native = Native::default();
        // One second is the bound of bucket 0, two seconds that of bucket 32.
        for millis in [1000.0, 1000.0, 1001.0, 2000.0, 0.0, -1000.0] {
            native.add(millis, true);
        }
        let found = native.histogram(7);
        assert_eq!((found.count, found.zero_count, found.millis), (6, 1, 7));
        assert!((found.sum - 4.001).abs() < 1e-9);
        assert_eq!(found.positive_spans, [Span { offset: 0, length: 2 }, Span { offset: 30, length: 1 }]);
        assert_eq!(found.positive_deltas, [2, -1, 0]);
        assert_eq!(
            (found.negative_spans, found.negative_deltas),
            (vec![Span { offset: 0, length: 1 }], vec![1])
        );
    }

    #[test]
    fn values_of_all_sizes_have_a_bucket() {
        let mut native = Native::default();
        for value in [f64::MAX, f64::MIN_POSITIVE, f64::INFINITY, f64::NAN, 1e-30] {
            native.add(value, false);
        }
        assert_eq!(native.count, 5);
        assert_eq!(native.zeros + native.positive.values().sum::<u64>(), 5);
    }
}
