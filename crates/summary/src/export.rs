//! The summary's export is the JSON that `--summary-export` writes, in the shape that k6 has always given it.

use flashcrowd_metrics::Kind;
use serde::Serialize;
use serde_json::ser::{PrettyFormatter, Serializer};
use serde_json::{Map, Value, json};

use crate::handle_summary::{check, values};
use flashcrowd_record::GroupResult;
use flashcrowd_record::{MetricResult, Results};

/// The text of the export. Its thresholds are the wrong way round, for old scripts' sake: `true` means crossed.
pub fn summary_export(results: &Results) -> String {
    let metrics: Map<String, Value> =
        results.metrics.iter().map(|metric| (metric.name.clone(), flat(results, metric))).collect();
    let mut all = json!({ "root_group": group(&results.root_group), "metrics": metrics });
    if let Some(setup_data) = &results.setup_data {
        all["setup_data"] = setup_data.clone();
    }
    pretty(&all)
}

/// JSON with an indent of four.
fn pretty(value: &Value) -> String {
    let mut text = Vec::new();
    let formatter = PrettyFormatter::with_indent(b"    ");
    let mut serializer = Serializer::with_formatter(&mut text, formatter);
    value.serialize(&mut serializer).expect("a JSON value is written to memory without fail");
    String::from_utf8(text).expect("JSON is UTF-8")
}

fn flat(results: &Results, metric: &MetricResult) -> Value {
    let mut flat = Map::new();
    for (name, value) in values(results, metric) {
        let renamed = metric.kind == Kind::Rate && name == "rate";
        flat.insert(if renamed { "value".to_owned() } else { name }, value);
    }
    if !metric.thresholds.is_empty() {
        let crossed = metric.thresholds.iter().map(|threshold| (threshold.source.clone(), !threshold.ok));
        flat.insert("thresholds".to_owned(), crossed.collect());
    }
    flat.into()
}

fn group(group: &GroupResult) -> Value {
    let groups = group.groups.iter().map(|inner| (inner.name.clone(), self::group(inner)));
    let checks = group.checks.iter().map(|inside| (inside.name.clone(), check(inside)));
    json!({
        "name": group.name,
        "path": group.path,
        "id": group.id,
        "groups": groups.collect::<Map<_, _>>(),
        "checks": checks.collect::<Map<_, _>>(),
    })
}
