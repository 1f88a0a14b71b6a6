//! A sink key says what a sink is for.

use crate::metric::MetricId;
use crate::tags::TagSet;

/// What a sink is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum SinkKey {
    /// A whole metric.
    Metric(MetricId),
    /// A sub-metric, by its position in the plan.
    Sub(usize),
    /// A row of a view.
    Row {
        /// The view, by its position in the plan.
        view: usize,
        /// The metric.
        metric: MetricId,
        /// The tags that make the row.
        tags: TagSet,
    },
}
