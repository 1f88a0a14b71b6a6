//! A raw sample is one value as it was added, with its metric, its tags and its time.

use std::fmt;
use std::time::Duration;

use crate::metric::MetricId;
use crate::tags::TagSet;

/// How many samples a batch holds when it is handed over between two calls of [`Shard::take`](crate::Shard::take).
const BATCH: usize = 4096;

/// One value as it was added.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// The metric.
    pub metric: MetricId,
    /// All tags it was added with.
    pub tags: TagSet,
    /// The value, in the metric's unit.
    pub value: f64,
    /// When it was added, as [`SampleReceiver::now`] told.
    pub at: Duration,
}

/// Receives the raw samples of one shard, in the order in which they were added, and tells the time they carry.
pub trait SampleReceiver: fmt::Debug + Send {
    /// The time since the start of the run.
    fn now(&self) -> Duration;

    /// Takes a batch. It is called in the middle of the load, so it must not wait.
    fn receive(&mut self, batch: Vec<Sample>);
}

/// The raw samples of a shard that are still to be handed over, with what each series stands for.
#[derive(Debug)]
pub(crate) struct RawSamples {
    receiver: Box<dyn SampleReceiver>,
    batch: Vec<Sample>,
    series: Vec<RawSeries>,
}

#[derive(Debug)]
struct RawSeries {
    metric: MetricId,
    tags: TagSet,
    route: u32,
}

impl RawSamples {
    pub(crate) fn new(receiver: Box<dyn SampleReceiver>) -> Self {
        Self { receiver, batch: Vec::new(), series: Vec::new() }
    }

    /// Gives a metric and a tag set a number of their own, even where others share their route.
    pub(crate) fn register(&mut self, metric: MetricId, tags: &TagSet, route: u32) -> u32 {
        let series = u32::try_from(self.series.len()).expect("fewer than 2^32 series");
        self.series.push(RawSeries { metric, tags: tags.clone(), route });
        series
    }

    /// Adds a value to a series, and answers its route.
    pub(crate) fn add(&mut self, series: u32, value: f64) -> u32 {
        let RawSeries { metric, tags, route } = &self.series[series as usize];
        let (metric, tags, route) = (*metric, tags.clone(), *route);
        self.push(metric, tags, value);
        route
    }

    /// Adds a value without a series.
    pub(crate) fn push(&mut self, metric: MetricId, tags: TagSet, value: f64) {
        self.batch.push(Sample { metric, tags, value, at: self.receiver.now() });
        if self.batch.len() == BATCH {
            self.receiver.receive(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH)));
        }
    }

    /// Hands over what there is.
    pub(crate) fn flush(&mut self) {
        if !self.batch.is_empty() {
            let next = Vec::with_capacity(self.batch.len());
            self.receiver.receive(std::mem::replace(&mut self.batch, next));
        }
    }
}
