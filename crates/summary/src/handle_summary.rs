//! The summary's data are what a script's `handleSummary(data)` is called with, in k6's shape.

use serde_json::{Map, Value, json};

use flashcrowd_record::json_number;
use flashcrowd_record::{CheckResult, GroupResult};
use flashcrowd_record::{MetricResult, Results};
use flashcrowd_text::TimeUnit;

/// What the script is told of the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminal {
    /// Whether colours are off.
    pub no_color: bool,
    /// Whether stdout is a terminal.
    pub stdout_tty: bool,
    /// Whether stderr is a terminal.
    pub stderr_tty: bool,
}

/// The argument of `handleSummary`.
pub fn handle_summary(results: &Results, terminal: Terminal) -> Value {
    let metrics: Map<String, Value> =
        results.metrics.iter().map(|metric| (metric.name.clone(), data(results, metric))).collect();
    let mut all = json!({
        "root_group": group(&results.root_group),
        "options": {
            "summaryTrendStats": results.summary.trend_stats,
            "summaryTimeUnit": results.summary.time_unit.map_or("", TimeUnit::name),
            "noColor": terminal.no_color,
        },
        "state": {
            "isStdOutTTY": terminal.stdout_tty,
            "isStdErrTTY": terminal.stderr_tty,
            "testRunDurationMs": json_number(results.seconds * 1000.0),
        },
        "metrics": metrics,
    });
    if let Some(setup_data) = &results.setup_data {
        all["setup_data"] = setup_data.clone();
    }
    all
}

fn data(results: &Results, metric: &MetricResult) -> Value {
    let mut data = json!({
        "type": metric.kind,
        "contains": metric.contains,
        "values": values(results, metric),
    });
    if !metric.thresholds.is_empty() {
        let of = |ok: bool| json!({ "ok": ok });
        data["thresholds"] =
            metric.thresholds.iter().map(|threshold| (threshold.source.clone(), of(threshold.ok))).collect();
    }
    data
}

/// A metric's numbers; of a trend those that the summary shows.
pub(crate) fn values(results: &Results, metric: &MetricResult) -> Map<String, Value> {
    let is_trend = metric.kind == flashcrowd_metrics::Kind::Trend;
    let wanted = |name: &str| !is_trend || results.summary.trend_stats.iter().any(|stat| stat == name);
    let values = metric.stats.iter().filter(|(name, _)| wanted(name));
    values.map(|(name, value)| (name.to_owned(), json_number(value))).collect()
}

fn group(group: &GroupResult) -> Value {
    json!({
        "name": group.name,
        "path": group.path,
        "id": group.id,
        "groups": group.groups.iter().map(self::group).collect::<Vec<_>>(),
        "checks": group.checks.iter().map(check).collect::<Vec<_>>(),
    })
}

/// A check in the shape that all data for programs share.
pub(crate) fn check(check: &CheckResult) -> Value {
    json!({
        "name": check.name,
        "path": check.path,
        "id": check.id,
        "passes": check.passes,
        "fails": check.fails,
    })
}
