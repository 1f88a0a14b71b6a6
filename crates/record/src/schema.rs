//! Parts of the JSON Schema of `result.json` that its types do not make by themselves.

use flashcrowd_metrics::{Contains, Kind};
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

/// What a [`Kind`] can be.
pub(crate) fn kind(_: &mut SchemaGenerator) -> Schema {
    one_of(json!([Kind::Counter, Kind::Gauge, Kind::Rate, Kind::Trend]))
}

/// What a [`Contains`] can be.
pub(crate) fn contains(_: &mut SchemaGenerator) -> Schema {
    one_of(json!([Contains::Default, Contains::Time, Contains::Data]))
}

fn one_of(names: Value) -> Schema {
    json_schema!({ "type": "string", "enum": names })
}
