//! What a record contains about DynamoDB: its metrics, and where it throttled.

use std::collections::BTreeMap;

use flashcrowd_metrics::names;
pub(crate) use flashcrowd_metrics::names::dynamodb::{
    ATTEMPTS, BACK_OFF, CALLS, CONDITION_FAILED, CONFLICTS, CONSUMED_READ, CONSUMED_WRITE, ERRORS, FAILED,
    GAVE_UP, SERVED, THROTTLED, THROTTLED_TIME,
};
pub(crate) use flashcrowd_record::CapacityPlace as Place;
use flashcrowd_record::{CapacityKind, TimelineRow};

use crate::course::Second;
use crate::row::tag;

/// Attempts that were throttled in one place for one reason.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Throttles {
    pub(crate) place: Place,
    /// Such as `TableWriteProvisionedThroughputExceeded`; empty where the service did not say.
    pub(crate) reason: String,
    pub(crate) count: f64,
}

/// The table, or the index with its table before it.
pub fn place_name(table: &str, index: Option<&str>) -> String {
    index.map_or_else(|| table.to_owned(), |index| format!("{table}/{index}"))
}

/// Whether units of this kind are of reads.
pub(crate) fn is_reads(kind: CapacityKind) -> bool {
    kind == CapacityKind::Read
}

/// Whether the run was one against DynamoDB.
pub(crate) fn is_told(seconds: &[Second<'_>]) -> bool {
    seconds.iter().any(|second| second.line.metrics.contains_key(ATTEMPTS))
}

/// A counter, or what a trend's values add up to, over some seconds.
pub(crate) fn sum(seconds: &[Second<'_>], metric: &str) -> f64 {
    seconds.iter().map(|second| second.stat(metric, "sum")).sum()
}

/// Whether calls may be backing off in a second: DynamoDB throttled in it, or up to so many seconds before.
pub(crate) fn backs_off(seconds: &[Second<'_>], at: usize) -> bool {
    /// The longest backoff of a call, in seconds.
    const BACK_OFF: usize = 20;
    sum(&seconds[at.saturating_sub(BACK_OFF)..=at], THROTTLED) > 0.0
}

/// The rows of a metric.
pub(crate) fn rows<'a>(seconds: &[Second<'a>], metric: &str) -> impl Iterator<Item = &'a TimelineRow> {
    let rows = seconds.iter().flat_map(|second| &second.line.rows);
    rows.filter(move |row| row.view == names::view::DYNAMODB && row.metric == metric)
}

/// Where and why attempts were throttled, the most frequent first.
pub(crate) fn throttles(seconds: &[Second<'_>]) -> Vec<Throttles> {
    let mut counts: BTreeMap<(Place, String), f64> = BTreeMap::new();
    for row in rows(seconds, THROTTLED) {
        let reason = tag(row, names::tag::REASON).to_owned();
        *counts.entry((Place::throttled(&row.tags), reason)).or_default() += row.stats.value("sum");
    }
    let mut found: Vec<Throttles> =
        counts.into_iter().map(|((place, reason), count)| Throttles { place, reason, count }).collect();
    found.sort_by(|one, other| other.count.total_cmp(&one.count));
    found
}

/// What a second consumed of each place.
pub(crate) fn consumed(second: &Second<'_>) -> BTreeMap<Place, f64> {
    let mut found = BTreeMap::new();
    for (metric, kind) in [(CONSUMED_READ, CapacityKind::Read), (CONSUMED_WRITE, CapacityKind::Write)] {
        for row in rows(&[*second], metric) {
            *found.entry(place(row, kind)).or_default() += row.stats.value("sum");
        }
    }
    found
}

fn place(row: &TimelineRow, kind: CapacityKind) -> Place {
    let index = Some(tag(row, names::tag::INDEX)).filter(|index| !index.is_empty()).map(str::to_owned);
    Place { table: tag(row, names::tag::TABLE).to_owned(), index, kind }
}
