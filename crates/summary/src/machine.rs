//! The machine-readable summary is the JSON of `--new-machine-readable-summary`: lists instead of keyed objects.

use flashcrowd_metrics::{Contains, Kind};
use serde_json::{Map, Value, json};

use crate::handle_summary::values;
use flashcrowd_record::json_number;
use flashcrowd_record::{MetricResult, Results};

/// The version of the shape.
const SHAPE: &str = "1.0.0";
/// The metric that the part about checks is made from.
const CHECKS: &str = "checks";

/// The summary; `script` is the whole text of the test.
pub fn machine_summary(results: &Results, script: &str) -> Value {
    let metrics = results.metrics.iter().filter(|metric| metric.name != CHECKS);
    json!({
        "version": SHAPE,
        "metadata": {
            "k6_version": format!("{} {}", results.tool.name, results.tool.version),
            "generated_at": results.generated_at,
        },
        "config": {
            "duration": json_number(results.seconds),
            "execution": "local",
            "script": script,
        },
        "results": {
            "checks": checks(results),
            "metrics": metrics.map(|metric| {
                entry(&metric.name, (metric.kind, metric.contains), numbers(results, metric))
            }).collect::<Vec<_>>(),
        },
    })
}

fn entry(name: &str, (kind, contains): (Kind, Contains), values: Value) -> Value {
    json!({ "name": name, "type": kind, "contains": contains, "values": values })
}

/// A metric's numbers by names that are plain keys: `p95` instead of `p(95)`.
fn numbers(results: &Results, metric: &MetricResult) -> Value {
    if metric.kind == Kind::Rate {
        return share(metric.stats.value("passes"), metric.stats.value("fails"));
    }
    let plain = |name: String| name.replace(['(', ')'], "");
    values(results, metric)
        .into_iter()
        .map(|(name, value)| (plain(name), value))
        .collect::<Map<_, _>>()
        .into()
}

fn share(matches: f64, others: f64) -> Value {
    let total = matches + others;
    let rate = if total > 0.0 { matches / total } else { 0.0 };
    json!({ "rate": json_number(rate), "matches": json_number(matches), "total": json_number(total) })
}

fn checks(results: &Results) -> Value {
    let all = results.root_group.all_checks();
    if all.is_empty() {
        return Value::Null;
    }
    let passes = all.iter().map(|check| check.passes).sum::<u64>() as f64;
    let fails = all.iter().map(|check| check.fails).sum::<u64>() as f64;
    let per_second = if results.seconds > 0.0 { (passes + fails) / results.seconds } else { 0.0 };
    let count = json!({ "count": json_number(passes + fails), "rate": json_number(per_second) });
    let rate = (Kind::Rate, Contains::Default);
    json!({
        "metrics": [
            entry("checks_total", (Kind::Counter, Contains::Default), count),
            entry("checks_succeeded", rate, share(passes, fails)),
            entry("checks_failed", rate, share(fails, passes)),
        ],
        "results": all.iter().map(|check| json!({
            "name": check.name,
            "passes": check.passes,
            "fails": check.fails,
        })).collect::<Vec<_>>(),
    })
}
