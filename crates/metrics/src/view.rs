//! A view splits metrics by some of their tags; the plan holds the views and sub-metrics that are kept.

use crate::metric::{Metric, MetricId};
use crate::registry::Registry;
use crate::selector::Selector;
use crate::tags::TagSet;
use crate::tree::Tree;

/// The most rows that views may have per worker, unless the plan says otherwise.
const MAX_SERIES: usize = 10_000;

/// Which metrics are split, and by which tags.
#[derive(Clone, Debug)]
pub struct View {
    /// Its name, one of [`names::view`](crate::names::view).
    pub name: &'static str,
    /// The metrics; empty means all.
    pub metrics: Vec<MetricId>,
    /// The tags; samples that carry none of them are left out.
    pub tags: Vec<&'static str>,
}

impl View {
    /// The row that a sample of that metric belongs to.
    pub(crate) fn row(&self, metric: MetricId, tags: &TagSet) -> Option<TagSet> {
        if !self.metrics.is_empty() && !self.metrics.contains(&metric) {
            return None;
        }
        let row = tags.project(&self.tags);
        (!row.is_empty()).then_some(row)
    }
}

/// The part of a metric that a threshold asks for.
#[derive(Clone, Debug)]
pub struct SubMetric {
    /// Its whole name, as written: `http_req_duration{name:login}`.
    pub name: String,
    /// The metric it is a part of.
    pub metric: MetricId,
    /// Which samples belong to it.
    pub selector: Selector,
}

/// What is kept of samples: every metric, some sub-metrics, some views. Shared by all workers of a run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// All metrics.
    pub registry: Registry,
    /// All groups and checks.
    pub tree: Tree,
    /// Sub-metrics, in the order they are shown.
    pub subs: Vec<SubMetric>,
    /// Views.
    pub views: Vec<View>,
    /// The most rows of all views together on one worker.
    pub max_series: usize,
}

impl Plan {
    /// A plan without sub-metrics and views.
    pub fn new(registry: Registry) -> Self {
        Self { registry, tree: Tree::default(), subs: Vec::new(), views: Vec::new(), max_series: MAX_SERIES }
    }

    /// Adds a sub-metric unless it is there, and returns its position.
    pub fn add_sub(&mut self, name: &str, metric: &Metric, selector: Selector) -> usize {
        if let Some(at) = self.subs.iter().position(|sub| sub.metric == metric.id && sub.selector == selector)
        {
            return at;
        }
        self.subs.push(SubMetric { name: name.to_owned(), metric: metric.id, selector });
        self.subs.len() - 1
    }
}
