//! The JSON Schema of plans, for editors.

use flashcrowd_diagnosis::Expectation;
use serde_json::{Map, Value, json};

use crate::read::shape::{Kind, Shape};
use crate::read::tables::PLAN;

/// The JSON Schema of plans: draft 2020-12, made of the tables that plans are read by.
pub fn schema() -> Value {
    let mut shapes = Map::new();
    let root = object(&PLAN, &mut shapes);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://flashcrowd.dev/schema/plan.json",
    });
    if let (Some(schema), Value::Object(root)) = (schema.as_object_mut(), root) {
        schema.extend(root);
        schema.insert("$defs".to_owned(), Value::Object(shapes));
    }
    schema
}

/// Text that an environment variable is filled into, where something else than text is wanted.
const VARIABLE: &str = r"\$\{[^}]+\}";

fn object(shape: &'static Shape, shapes: &mut Map<String, Value>) -> Value {
    let mut fields = Map::new();
    for field in shape.fields {
        let mut schema = kind(field.kind, shapes);
        if let Some(schema) = schema.as_object_mut() {
            schema.insert("description".to_owned(), field.doc.into());
        }
        fields.insert(field.name.to_owned(), schema);
    }
    let needed: Vec<_> = shape.fields.iter().filter(|field| field.needed).map(|field| field.name).collect();
    let mut schema = json!({
        "title": shape.name,
        "description": shape.doc,
        "type": "object",
        "properties": fields,
        "additionalProperties": false,
    });
    if let Some(schema) = schema.as_object_mut().filter(|_| !needed.is_empty()) {
        schema.insert("required".to_owned(), json!(needed));
    }
    schema
}

/// A shape among the definitions, and where it is found there.
fn reference(shape: &'static Shape, shapes: &mut Map<String, Value>) -> Value {
    let name = shape.name.replace(' ', "_");
    if !shapes.contains_key(&name) {
        // The name is taken before its fields are looked at: they may be of the same shape.
        shapes.insert(name.clone(), Value::Null);
        let schema = object(shape, shapes);
        shapes.insert(name.clone(), schema);
    }
    json!({ "$ref": format!("#/$defs/{name}") })
}

fn kind(kind_of: Kind, shapes: &mut Map<String, Value>) -> Value {
    let scalar = json!(["string", "number", "boolean"]);
    match kind_of {
        Kind::Text | Kind::Url | Kind::JsonPath => json!({ "type": "string" }),
        Kind::Scalar => json!({ "type": scalar }),
        Kind::Count => value_or_text(json!({ "type": "integer", "minimum": 1 }), VARIABLE),
        Kind::Whole => value_or_text(json!({ "type": "integer" }), VARIABLE),
        Kind::Bool => value_or_text(json!({ "type": "boolean" }), VARIABLE),
        Kind::Duration => {
            value_or_text(json!({ "type": "number", "minimum": 0 }), &format!("^({DURATION})$|{VARIABLE}"))
        }
        Kind::Durations => {
            let pattern = format!(r"^({DURATION}|[0-9.]+)(\s*-\s*({DURATION}|[0-9.]+))?$|{VARIABLE}");
            value_or_text(json!({ "type": "number", "minimum": 0 }), &pattern)
        }
        Kind::Rate => {
            let pattern =
                format!(r"^[0-9]+(\.[0-9]+)?(\s*/\s*(s|sec|second|m|min|minute|h|hour))?$|{VARIABLE}");
            value_or_text(json!({ "type": "number", "exclusiveMinimum": 0 }), &pattern)
        }
        Kind::Weight => {
            let number = json!({ "type": ["number", "null"], "minimum": 0 });
            value_or_text(number, &format!(r"^[0-9.]+\s*%?$|{VARIABLE}"))
        }
        Kind::Word(words) => json!({ "enum": words }),
        Kind::Status => {
            let one = value_or_text(
                json!({ "type": "integer", "minimum": 100, "maximum": 599 }),
                &format!("^[1-5][xX][xX]$|{VARIABLE}"),
            );
            json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
        }
        Kind::Any => json!({}),
        Kind::Expected => {
            let one = expected();
            json!({ "anyOf": [one, { "type": "array", "items": one }] })
        }
        Kind::Object(shape) => reference(shape, shapes),
        Kind::Named(of) => json!({ "type": "object", "additionalProperties": kind(*of, shapes) }),
        Kind::List(of) => json!({ "type": "array", "items": kind(*of, shapes) }),
        Kind::Either(kinds) => {
            let kinds: Vec<_> = kinds.iter().map(|of| kind(*of, shapes)).collect();
            json!({ "anyOf": kinds })
        }
    }
}

/// One or several numbers with their units.
const DURATION: &str = r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h|d))+";

fn value_or_text(number: Value, pattern: &str) -> Value {
    json!({ "anyOf": [number, { "type": "string", "pattern": pattern }] })
}

/// What may be expected, by name. A name with a percentile in it stands for all percentiles.
fn expected() -> Value {
    let (mut names, mut patterns) = (Map::new(), Map::new());
    for kind in Expectation::table() {
        let schema = json!({
            "type": ["string", "number", "boolean"],
            "description": kind.doc,
            "examples": [kind.example],
        });
        let stem = kind.name.trim_end_matches(|c: char| c.is_ascii_digit());
        match stem.strip_suffix("_p") {
            Some(stem) => drop(patterns.insert(format!(r"^{stem}_p[0-9]+(\.[0-9]+)?$"), schema)),
            None => drop(names.insert(kind.name.to_owned(), schema)),
        }
    }
    json!({
        "type": "object",
        "properties": names,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}
