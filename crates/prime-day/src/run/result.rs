//! The result of a run for other programs: a small JSON document.

use flashcrowd_dynamodb::Measures;
use flashcrowd_metrics::names::{dynamodb as names, tag};
use flashcrowd_record::Results;
use serde_json::{Value, json};

use super::connection::Connection;
use super::cross_check::CrossCheck;
use super::size::Size;
use super::tally::{Count, Tally, counter};
use crate::shop::Sales;

/// The version of the document.
const VERSION: u32 = 1;

/// A finished run.
pub struct RunResult<'a> {
    /// How many workers there were, and for how long.
    pub size: &'a Size,
    /// Where the tables are.
    pub connection: &'a Connection,
    /// What was measured.
    pub results: &'a Results,
    /// What was sold.
    pub sales: &'a Sales,
    /// The counts of both sides, if the DynamoDB is in-process.
    pub cross_check: Option<CrossCheck>,
}

impl RunResult<'_> {
    /// It as JSON; amounts of money are texts.
    pub fn json(&self) -> Value {
        let (results, tally) = (self.results, Tally::of_results(self.results));
        let counter = |name| counter(results, name);
        let waited = results.metric(names::BACK_OFF).map_or(0.0, |metric| metric.stats.value("sum"));
        let success = tally.success_percent();
        let sales = self.sales;
        json!({
            "version": VERSION,
            "mode": self.size.preset.name(),
            "endpoint_url": self.connection.service.endpoint.url,
            "region": self.connection.service.endpoint.region,
            "practice": self.connection.is_in_process(),
            "workers": self.size.workers.total(),
            "start": results.start,
            "seconds": rounded(results.seconds, 3),
            "requests": tally.requests(),
            "rps": rounded(tally.rate(results.seconds), 2),
            "product_queries": ended(tally.reads),
            "orders": ended(tally.orders),
            "throttles": tally.throttled,
            "success_percent": rounded(success, 2),
            "failure_percent": rounded(100.0 - success, 2),
            "calls": counter(names::CALLS),
            "attempts": counter(names::ATTEMPTS),
            "gave_up": counter(names::GAVE_UP),
            "condition_failed": counter(names::CONDITION_FAILED),
            "conflicts": counter(names::CONFLICTS),
            "errors": counter(names::ERRORS),
            "back_off_seconds": rounded(waited / 1000.0, 3),
            "consumed": consumed(results),
            "takings": {
                "orders": sales.orders,
                "lines": sales.lines,
                "items": sales.items,
                "total": sales.total.money(),
                "sold_out": sales.sold_out,
                "refused": sales.refused,
                "unsettled": sales.unsettled,
            },
            "endpoint": self.cross_check.map(|check| json!({
                "attempts": check.endpoint.all,
                "throttled": check.endpoint.throttled,
            })),
            "verdict": results.verdict,
        })
    }
}

fn ended(count: Count) -> Value {
    json!({ "ok": count.ok, "failed": count.failed })
}

/// Capacity units by table, index and kind.
fn consumed(results: &Results) -> Value {
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
    let line = |(table, index, kind, units): (&str, Option<&str>, &str, f64)| json!({ "table": table, "index": index, "kind": kind, "units": units });
    lines.into_iter().map(line).collect()
}

fn rounded(value: f64, places: i32) -> f64 {
    let factor = 10_f64.powi(places);
    (value * factor).round() / factor
}
