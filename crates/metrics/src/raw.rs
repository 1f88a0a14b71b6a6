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
    /// When it was added, by [`SampleReceiver::now`].
    pub at: Duration,
}

/// Receives the raw samples of one shard in the order in which they were added, and provides their time.
pub trait SampleReceiver: fmt::Debug + Send {
    /// The time since the start of the run.
    fn now(&self) -> Duration;

    /// Takes a batch. It is called while samples are added, so it must not block.
    fn receive(&mut self, batch: Vec<Sample>);
}

/// The batch of raw samples that a shard is filling, and the metric and tags of each series.
#[derive(Debug)]
pub(crate) struct RawSamples {
    receiver: Option<Box<dyn SampleReceiver>>,
    batch: Vec<Sample>,
    /// The samples since they were last taken, if somebody takes them.
    recent: Option<Vec<Sample>>,
    series: Vec<RawSeries>,
}

#[derive(Debug)]
struct RawSeries {
    metric: MetricId,
    tags: TagSet,
    route: u32,
}

impl RawSamples {
    pub(crate) fn new(receiver: Option<Box<dyn SampleReceiver>>) -> Self {
        Self { receiver, batch: Vec::new(), recent: None, series: Vec::new() }
    }

    /// From now on keeps samples until they are taken.
    pub(crate) fn keep_recent(&mut self) {
        self.recent.get_or_insert_default();
    }

    /// Takes what was kept, in exchange for an empty list.
    pub(crate) fn take_recent(&mut self, taken: &mut Vec<Sample>) {
        if let Some(recent) = &mut self.recent {
            std::mem::swap(recent, taken);
        }
    }

    /// Gives a metric and a tag set a number of their own, even where others share their route.
    pub(crate) fn register(&mut self, metric: MetricId, tags: &TagSet, route: u32) -> u32 {
        let series = u32::try_from(self.series.len()).expect("fewer than 2^32 series");
        self.series.push(RawSeries { metric, tags: tags.clone(), route });
        series
    }

    /// Adds a value to a series, and returns its route. It is out of the way of shards without raw samples.
    #[cold]
    pub(crate) fn add(&mut self, series: u32, value: f64) -> u32 {
        let RawSeries { metric, tags, route } = &self.series[series as usize];
        let (metric, tags, route) = (*metric, tags.clone(), *route);
        self.push(metric, tags, value);
        route
    }

    /// Adds a value without a series.
    pub(crate) fn push(&mut self, metric: MetricId, tags: TagSet, value: f64) {
        let at = self.receiver.as_ref().map(|receiver| receiver.now()).unwrap_or_default();
        let sample = Sample { metric, tags, value, at };
        if let Some(recent) = &mut self.recent {
            recent.push(sample.clone());
        }
        let Some(receiver) = &mut self.receiver else { return };
        self.batch.push(sample);
        if self.batch.len() == BATCH {
            receiver.receive(std::mem::replace(&mut self.batch, Vec::with_capacity(BATCH)));
        }
    }

    /// Hands over what there is.
    pub(crate) fn flush(&mut self) {
        if let Some(receiver) = self.receiver.as_mut().filter(|_| !self.batch.is_empty()) {
            let next = Vec::with_capacity(self.batch.len());
            receiver.receive(std::mem::replace(&mut self.batch, next));
        }
    }
}
