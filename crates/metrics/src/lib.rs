//! Samples in, snapshots out: metrics, tags, sinks, shards and threshold expressions.
//!
//! A worker thread owns a [`Shard`] and adds samples to it without a lock. Once a second the shard's
//! [`Interval`] is handed to [`Totals`], which merges all workers; thresholds, progress and the summary read
//! [`Totals`] and nothing else. This crate knows no clock, no socket and no virtual user.

mod builtin;
mod metric;
pub mod names;
mod percentile;
mod portable;
mod raw;
mod registry;
mod selector;
mod shard;
mod sink;
mod sink_key;
mod tags;
mod threshold;
mod totals;
mod tree;
mod trend;
mod view;

pub use builtin::Builtin;
pub use metric::{Contains, Kind, Metric, MetricId};
pub use percentile::percentile;
pub use portable::{
    CheckCounts, GroupName, Portable, PortableError, PortableKey, PortableSink, PortableTrend, Series,
    Snapshots,
};
pub use raw::{Sample, SampleReceiver};
pub use registry::{DefineError, Registry};
pub use selector::{Selector, SelectorError};
pub use shard::{Interval, Overflow, SeriesId, Shard};
pub use sink::{Gauge, Rate, Sink, Stat, StatError};
pub use sink_key::SinkKey;
pub use tags::TagSet;
pub use threshold::{Op, Threshold, ThresholdError};
pub use totals::Totals;
pub use tree::{CheckId, GroupId, Tree, TreeNode};
pub use trend::Trend;
pub use view::{Plan, SubMetric, View};
