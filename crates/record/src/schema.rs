//! The result schema is the JSON Schema of `result.json`, made from the types that write it.

use flashcrowd_metrics::{Contains, Kind};
use schemars::{Schema, SchemaGenerator, json_schema, schema_for};
use serde_json::{Value, json};

use crate::results::Results;

/// The JSON Schema of `result.json`. Fields that records of earlier versions do not have are not required.
pub fn result_schema() -> Value {
    schema_for!(Results).to_value()
}

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
