//! Documents of k6's REST API: metrics, groups, data of `setup()`, and what is wrong.

use flashcrowd_record::{GroupResult, Kind, MetricResult, Results, json_number};
use serde_json::{Map, Value, json};

/// What k6 tells of a trend.
const TREND: [&str; 6] = ["avg", "max", "med", "min", "p(90)", "p(95)"];

/// All metrics.
pub(crate) fn metrics(results: Option<&Results>) -> Value {
    let all = results.map(|results| results.metrics.iter().map(resource).collect::<Vec<_>>());
    json!({ "data": all.unwrap_or_default() })
}

/// One metric by its name.
pub(crate) fn metric(results: Option<&Results>, name: &str) -> Option<Value> {
    let found = results?.metrics.iter().find(|metric| metric.name == name)?;
    Some(json!({ "data": resource(found) }))
}

fn resource(metric: &MetricResult) -> Value {
    let names: &[&str] = match metric.kind {
        Kind::Counter => &["count", "rate"],
        Kind::Gauge => &["value"],
        Kind::Rate => &["rate"],
        Kind::Trend => &TREND,
    };
    let sample: Map<String, Value> = names
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), json_number(metric.stats.get(name)?))))
        .collect();
    let tainted = (!metric.thresholds.is_empty()).then(|| metric.thresholds.iter().any(|one| !one.ok));
    json!({
        "type": "metrics", "id": metric.name,
        "attributes": { "type": metric.kind, "contains": metric.contains, "tainted": tainted, "sample": sample },
    })
}

/// All groups, each after the one around it.
pub(crate) fn groups(results: Option<&Results>) -> Value {
    let mut all = Vec::new();
    if let Some(results) = results {
        gather(&results.root_group, None, &mut all);
    }
    json!({ "data": all })
}

/// One group by its id.
pub(crate) fn group(results: Option<&Results>, id: &str) -> Option<Value> {
    let mut all = Vec::new();
    gather(&results?.root_group, None, &mut all);
    all.into_iter().find(|group| group["id"] == id).map(|group| json!({ "data": group }))
}

fn gather(group: &GroupResult, parent: Option<&str>, all: &mut Vec<Value>) {
    let checks = group.checks.iter().map(|check| {
        json!({ "id": check.id, "name": check.name, "path": check.path, "passes": check.passes, "fails": check.fails })
    });
    let link = |id: &str| json!({ "type": "groups", "id": id });
    let children: Vec<Value> = group.groups.iter().map(|child| link(&child.id)).collect();
    all.push(json!({
        "type": "groups", "id": group.id,
        "attributes": { "name": group.name, "path": group.path, "checks": checks.collect::<Vec<_>>() },
        "relationships": { "groups": { "data": children }, "parent": { "data": parent.map(link) } },
    }));
    group.groups.iter().for_each(|child| gather(child, Some(&group.id), all));
}

/// What `setup()` returned.
pub(crate) fn setup(results: Option<&Results>) -> Value {
    let data = results.and_then(|results| results.setup_data.clone());
    json!({ "data": { "type": "setupData", "id": "default", "attributes": { "data": data } } })
}

/// What is wrong.
pub(crate) fn failed(status: u16, title: &str, detail: &str) -> Value {
    json!({ "errors": [{ "status": status.to_string(), "title": title, "detail": detail }] })
}
