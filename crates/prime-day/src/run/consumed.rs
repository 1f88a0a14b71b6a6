//! The capacity units that a run consumed, for its result.

use flashcrowd_dynamodb::Measures;
use flashcrowd_metrics::names::{dynamodb as names, tag};
use flashcrowd_record::Results;
use serde_json::{Value, json};

/// Capacity units by table, index and kind.
pub(super) fn consumed(results: &Results) -> Value {
    let rows = results.rows.iter().filter(|row| row.view == Measures::VIEW);
    let mut lines: Vec<(&str, Option<&str>, &str, f64)> = Vec::new();
    for row in rows {
        let kind = match row.metric.as_str() {
            names::CONSUMED_READ => "read",
            names::CONSUMED_WRITE => "write",
            _ => continue,
        };
        let of = |name: &str| row.tags.get(name).map(String::as_str);
        let (table, index) = (of(tag::TABLE).unwrap_or_default(), of(tag::INDEX));
        let units = row.stats.value("count");
        match lines.iter_mut().find(|line| (line.0, line.1, line.2) == (table, index, kind)) {
            Some(line) => line.3 += units,
            None => lines.push((table, index, kind, units)),
        }
    }
    lines.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let line =
        |(table, index, kind, units)| json!({ "table": table, "index": index, "kind": kind, "units": units });
    lines.into_iter().map(line).collect()
}

/// A number with at most this many decimals.
pub(super) fn rounded(value: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    (value * factor).round() / factor
}
