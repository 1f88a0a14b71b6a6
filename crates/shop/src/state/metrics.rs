//! The metrics are what the shop counts about itself, in shards that are written by one worker thread each.
//!
//! Every label value comes from a closed set, so that a series is a place in an array: counting costs one
//! addition to memory that no other thread writes, and a scrape adds the shards up.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::time::Duration;

use tokio::time::Instant;

use crate::reply::Status;
use crate::route::{Endpoint, Verb};

/// The upper bounds of the histograms' buckets: as they are printed, and in nanoseconds.
pub(crate) const BUCKETS: [(&str, u64); 15] = [
    ("0.0005", 500_000),
    ("0.001", 1_000_000),
    ("0.0025", 2_500_000),
    ("0.005", 5_000_000),
    ("0.01", 10_000_000),
    ("0.025", 25_000_000),
    ("0.05", 50_000_000),
    ("0.1", 100_000_000),
    ("0.25", 250_000_000),
    ("0.5", 500_000_000),
    ("1", 1_000_000_000),
    ("2.5", 2_500_000_000),
    ("5", 5_000_000_000),
    ("10", 10_000_000_000),
    ("30", 30_000_000_000),
];

/// What one worker thread counts.
#[derive(Debug, Default)]
#[repr(align(128))]
pub(crate) struct Shard {
    routes: [[RouteCounters; Endpoint::ALL.len()]; Verb::ALL.len()],
    in_flight: AtomicUsize,
    pub(crate) locks: LockCounters,
}

#[derive(Debug, Default)]
struct RouteCounters {
    statuses: [AtomicU64; Status::ALL.len()],
    duration: Histogram,
}

/// What is counted about the locks on stock and balances.
#[derive(Debug, Default)]
pub(crate) struct LockCounters {
    acquired: AtomicU64,
    contended: AtomicU64,
    failed: AtomicU64,
    wait: Histogram,
}

/// How often something took how long.
#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS.len() + 1],
    nanos: AtomicU64,
}

/// A histogram at one moment; the last bucket holds what is beyond all bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct HistogramTotals {
    pub(crate) buckets: [u64; BUCKETS.len() + 1],
    pub(crate) nanos: u64,
}

/// The lock counters at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct LockTotals {
    pub(crate) acquired: u64,
    pub(crate) contended: u64,
    pub(crate) failed: u64,
    pub(crate) wait: HistogramTotals,
}

/// All workers' shards.
#[derive(Debug)]
pub(crate) struct Metrics {
    shards: Vec<Shard>,
}

/// One request that is being answered. It is counted when it ends, also if its client does not wait for that.
pub(crate) struct Visit<'a> {
    shard: &'a Shard,
    verb: Verb,
    endpoint: Endpoint,
    status: Status,
    start: Instant,
}

impl Metrics {
    pub(crate) fn new(workers: usize) -> Self {
        Self { shards: (0..workers).map(|_| Shard::default()).collect() }
    }

    pub(crate) fn shard(&self, worker: usize) -> &Shard {
        &self.shards[worker]
    }

    /// Requests that ended so, over all workers.
    pub(crate) fn requests(&self, verb: Verb, endpoint: Endpoint, status: Status) -> u64 {
        self.sum(|shard| shard.route(verb, endpoint).statuses[status as usize].load(Relaxed))
    }

    pub(crate) fn durations(&self, verb: Verb, endpoint: Endpoint) -> HistogramTotals {
        let mut totals = HistogramTotals::default();
        self.shards.iter().for_each(|shard| shard.route(verb, endpoint).duration.add_to(&mut totals));
        totals
    }

    pub(crate) fn in_flight(&self) -> u64 {
        self.sum(|shard| shard.in_flight() as u64)
    }

    pub(crate) fn locks(&self) -> LockTotals {
        let mut totals = LockTotals::default();
        self.shards.iter().for_each(|shard| shard.locks.add_to(&mut totals));
        totals
    }

    fn sum(&self, count: impl Fn(&Shard) -> u64) -> u64 {
        self.shards.iter().map(count).sum()
    }
}

impl Shard {
    /// Starts to count a request.
    pub(crate) fn visit(&self, verb: Verb, endpoint: Endpoint) -> Visit<'_> {
        self.in_flight.fetch_add(1, Relaxed);
        Visit { shard: self, verb, endpoint, status: Status::ClientClosed, start: Instant::now() }
    }

    fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    fn route(&self, verb: Verb, endpoint: Endpoint) -> &RouteCounters {
        &self.routes[verb as usize][endpoint as usize]
    }
}

impl Visit<'_> {
    /// The request was answered with this status.
    pub(crate) fn answered(mut self, status: Status) {
        self.status = status;
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        let route = self.shard.route(self.verb, self.endpoint);
        route.statuses[self.status as usize].fetch_add(1, Relaxed);
        route.duration.record(self.start.elapsed());
        self.shard.in_flight.fetch_sub(1, Relaxed);
    }
}

impl LockCounters {
    pub(crate) fn acquired(&self, waited: Duration) {
        self.acquired.fetch_add(1, Relaxed);
        self.wait.record(waited);
    }

    /// The lock was held by somebody else when it was asked for.
    pub(crate) fn contended(&self) {
        self.contended.fetch_add(1, Relaxed);
    }

    /// The lock was given up after this time.
    pub(crate) fn gave_up(&self, waited: Duration) {
        self.failed.fetch_add(1, Relaxed);
        self.wait.record(waited);
    }

    /// A step of `atomic` had to be tried again `times` times.
    pub(crate) fn failed(&self, times: u64) {
        if times > 0 {
            self.failed.fetch_add(times, Relaxed);
        }
    }

    #[cfg(test)]
    pub(crate) fn totals(&self) -> LockTotals {
        let mut totals = LockTotals::default();
        self.add_to(&mut totals);
        totals
    }

    fn add_to(&self, totals: &mut LockTotals) {
        totals.acquired += self.acquired.load(Relaxed);
        totals.contended += self.contended.load(Relaxed);
        totals.failed += self.failed.load(Relaxed);
        self.wait.add_to(&mut totals.wait);
    }
}

impl Histogram {
    fn record(&self, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        let bucket = BUCKETS.iter().position(|&(_, bound)| nanos <= bound).unwrap_or(BUCKETS.len());
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.nanos.fetch_add(nanos, Relaxed);
    }

    fn add_to(&self, totals: &mut HistogramTotals) {
        for (total, bucket) in totals.buckets.iter_mut().zip(&self.buckets) {
            *total += bucket.load(Relaxed);
        }
        totals.nanos += self.nanos.load(Relaxed);
    }
}

impl HistogramTotals {
    pub(crate) fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    pub(crate) fn seconds(&self) -> f64 {
        self.nanos as f64 / 1e9
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_ascend_and_are_what_is_printed() {
        assert!(BUCKETS.is_sorted_by(|a, b| a.1 < b.1));
        for (printed, nanos) in BUCKETS {
            assert_eq!((printed.parse::<f64>().unwrap() * 1e9).round() as u64, nanos, "{printed}");
        }
    }

    #[test]
    fn a_time_on_a_bound_belongs_to_its_bucket() {
        let (histogram, mut totals) = (Histogram::default(), HistogramTotals::default());
        for millis in [0, 5, 6, 40_000] {
            histogram.record(Duration::from_millis(millis));
        }
        histogram.add_to(&mut totals);
        assert_eq!(
            (totals.buckets[0], totals.buckets[3], totals.buckets[4], totals.buckets[15]),
            (1, 1, 1, 1)
        );
        assert_eq!((totals.count(), totals.seconds()), (4, 40.011));
    }

    #[tokio::test]
    async fn a_request_nobody_waits_for_is_counted_too() {
        let metrics = Metrics::new(2);
        metrics.shard(0).visit(Verb::Get, Endpoint::Product).answered(Status::Ok);
        let visit = metrics.shard(1).visit(Verb::Get, Endpoint::Product);
        assert_eq!(metrics.in_flight(), 1);
        drop(visit);
        assert_eq!(metrics.in_flight(), 0);
        assert_eq!(metrics.requests(Verb::Get, Endpoint::Product, Status::Ok), 1);
        assert_eq!(metrics.requests(Verb::Get, Endpoint::Product, Status::ClientClosed), 1);
        assert_eq!(metrics.durations(Verb::Get, Endpoint::Product).count(), 2);
    }
}
