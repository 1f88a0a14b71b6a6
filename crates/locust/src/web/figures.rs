//! The figures as scripts know them from Locust's page: the same fields with the same meanings.

use serde_json::{Map, Value, json};

use crate::play::{Books, Company};
use crate::stats::{Report, Row};

/// Rows and failures beyond this number are left out, as by Locust.
const MOST: usize = 500;

/// The figures now, with the percentiles of the page's table.
pub(super) fn report(books: &Books) -> Report {
    books.table.borrow().report(books.now(), books.users(), &books.parts.hello.table_percentiles)
}

/// What `/stats/requests` answers.
pub(super) fn requests(company: &Company) -> Value {
    let books = &*company.books;
    let report = report(books);
    let mut stats: Vec<Value> = report.rows.iter().take(MOST).map(|one| row(one, &report)).collect();
    stats.push(row(&report.total, &report));
    let total = &report.total;
    let errors: Vec<Value> = report
        .failures
        .iter()
        .take(MOST)
        .map(|one| {
            json!({
                "method": one.method, "name": one.name, "error": one.error, "occurrences": one.count,
                "first_seen": one.first, "last_seen": one.last,
            })
        })
        .collect();
    let ratio = if total.requests == 0 { 0.0 } else { total.failures as f64 / total.requests as f64 };
    let mut found = json!({
        "stats": stats, "errors": errors,
        "current_rps": total.current_rps, "current_fail_per_sec": total.current_fps,
        "total_rps": total.total_rps, "total_fail_per_sec": total.total_fps, "fail_ratio": ratio,
        "current_response_time_percentiles": current(books),
        "state": books.phase.get().word(), "user_count": report.users,
    });
    if let Some(workers) = company.workers() {
        found["worker_count"] = workers.len().into();
        found["workers"] = workers.into();
    }
    found
}

fn row(row: &Row, report: &Report) -> Value {
    let mut found = json!({
        "method": row.method, "name": row.name, "num_requests": row.requests, "num_failures": row.failures,
        "min_response_time": row.min.round() as u64, "max_response_time": row.max.round() as u64,
        "current_rps": row.current_rps, "current_fail_per_sec": row.current_fps,
        "avg_response_time": row.average, "median_response_time": row.median,
        "total_rps": row.total_rps, "total_fail_per_sec": row.total_fps, "avg_content_length": row.average_length,
    });
    for (share, value) in report.percentiles.iter().zip(&row.percentiles) {
        found[format!("response_time_percentile_{share}")] = json!(value);
    }
    found
}

/// The charted percentiles of the last seconds.
fn current(books: &Books) -> Map<String, Value> {
    let history = books.history.borrow();
    let values = history.current();
    let pairs = history.shares().iter().enumerate().map(|(at, share)| {
        (
            format!("response_time_percentile_{share}"),
            values.get(at).map_or(Value::Null, |value| json!(value)),
        )
    });
    pairs.collect()
}

/// What `/exceptions` answers.
pub(super) fn exceptions(report: &Report) -> Value {
    let rows = report.exceptions.iter().map(|one| {
        json!({ "count": one.count, "msg": one.message, "traceback": one.traceback, "nodes": one.nodes.join(", ") })
    });
    json!({ "exceptions": rows.collect::<Vec<_>>() })
}
