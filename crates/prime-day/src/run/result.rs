//! The result of a run for other programs: a small JSON document.

use flashcrowd_metrics::names::dynamodb as names;
use flashcrowd_record::Results;
use serde_json::{Value, json};

use super::connection::Connection;
use super::consumed::{consumed, rounded};
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
            "takings": self.sales.json(),
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
