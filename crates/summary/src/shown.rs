//! A shown metric is one line of a list of metrics: of the whole run, or of a row of a view.

use flashcrowd_metrics::{Contains, Kind};

use flashcrowd_record::Stats;
use flashcrowd_record::{MetricResult, Row, ThresholdResult, by_name};

/// What is shown of a metric, sub-metric or row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shown<'a> {
    pub(super) name: &'a str,
    pub(super) parent: Option<&'a str>,
    pub(super) kind: Kind,
    pub(super) contains: Contains,
    pub(super) stats: &'a Stats,
    pub(super) thresholds: &'a [ThresholdResult],
}

impl<'a> Shown<'a> {
    /// The metric itself, for a sub-metric the one it is a part of.
    pub(super) fn family(&self) -> &'a str {
        self.parent.unwrap_or(self.name)
    }

    /// The tags of a sub-metric as written, braces included; the whole name of a metric.
    pub(super) fn short_name(&self) -> &'a str {
        match self.parent {
            Some(_) => self.name.find('{').map_or(self.name, |at| &self.name[at..]),
            None => self.name,
        }
    }

    /// The name in a list: a sub-metric's tags stand apart from their braces.
    pub(super) fn label(&self) -> String {
        match self.short_name().strip_prefix('{').and_then(|tags| tags.trim_end().strip_suffix('}')) {
            Some(tags) => format!("{{ {} }}", tags.trim()),
            None => self.name.to_owned(),
        }
    }
}

impl<'a> From<&'a MetricResult> for Shown<'a> {
    fn from(metric: &'a MetricResult) -> Self {
        Self {
            name: &metric.name,
            parent: metric.parent.as_deref(),
            kind: metric.kind,
            contains: metric.contains,
            stats: &metric.stats,
            thresholds: &metric.thresholds,
        }
    }
}

impl<'a> From<&'a Row> for Shown<'a> {
    fn from(row: &'a Row) -> Self {
        Self {
            name: &row.metric,
            parent: None,
            kind: row.kind,
            contains: row.contains,
            stats: &row.stats,
            thresholds: &[],
        }
    }
}

/// The metrics by name, each followed by its sub-metrics by theirs.
pub(super) fn sorted<'a, T: 'a>(metrics: impl IntoIterator<Item = &'a T>) -> Vec<Shown<'a>>
where
    Shown<'a>: From<&'a T>,
{
    let mut shown: Vec<Shown<'_>> = metrics.into_iter().map(Shown::from).collect();
    shown.sort_by(|left, right| {
        by_name(left.family(), right.family())
            .then_with(|| left.parent.is_some().cmp(&right.parent.is_some()))
            .then_with(|| by_name(left.short_name(), right.short_name()))
    });
    shown
}
