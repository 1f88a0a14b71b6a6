//! The JSON Schema of plans, for editors.

use flashcrowd_diagnosis::{Expectation, Needs};
use serde_json::{Map, Value, json};

use crate::fields::{FieldKind, PLAN, Shape};

/// The JSON Schema of plans: draft 2020-12, made of the tables that plans are read by.
pub fn schema() -> Value {
    let mut shapes = Map::new();
    let root = object(&PLAN, &mut shapes);
    let mut schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
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

fn kind(kind_of: FieldKind, shapes: &mut Map<String, Value>) -> Value {
    let scalar = json!(["string", "number", "boolean"]);
    match kind_of {
        FieldKind::Text | FieldKind::Url | FieldKind::JsonPath => json!({ "type": "string" }),
        FieldKind::Scalar => json!({ "type": scalar }),
        FieldKind::Count => value_or_text(json!({ "type": "integer", "minimum": 1 }), VARIABLE),
        FieldKind::Whole => value_or_text(json!({ "type": "integer" }), VARIABLE),
        FieldKind::Bool => value_or_text(json!({ "type": "boolean" }), VARIABLE),
        FieldKind::Duration => {
            value_or_text(json!({ "type": "number", "minimum": 0 }), &format!("^({DURATION})$|{VARIABLE}"))
        }
        FieldKind::Durations => {
            let pattern = format!(r"^({DURATION}|[0-9.]+)(\s*-\s*({DURATION}|[0-9.]+))?$|{VARIABLE}");
            value_or_text(json!({ "type": "number", "minimum": 0 }), &pattern)
        }
        FieldKind::Rate => {
            let pattern =
                format!(r"^[0-9]+(\.[0-9]+)?(\s*/\s*(s|sec|second|m|min|minute|h|hour))?$|{VARIABLE}");
            value_or_text(json!({ "type": "number", "exclusiveMinimum": 0 }), &pattern)
        }
        FieldKind::Arrivals => {
            json!({ "type": "string", "pattern": format!("^(even|poisson|bursts of [0-9]+)$|{VARIABLE}") })
        }
        FieldKind::Weight => {
            let number = json!({ "type": ["number", "null"], "minimum": 0 });
            value_or_text(number, &format!(r"^[0-9.]+\s*%?$|{VARIABLE}"))
        }
        FieldKind::Word(words) => json!({ "enum": words }),
        FieldKind::Status => {
            let one = value_or_text(
                json!({ "type": "integer", "minimum": 100, "maximum": 599 }),
                &format!("^[1-5][xX][xX]$|{VARIABLE}"),
            );
            json!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
        }
        FieldKind::Any => json!({}),
        FieldKind::Expected => {
            shapes.insert("expectations".to_owned(), expected());
            let some = json!({ "$ref": "#/$defs/expectations" });
            json!({ "anyOf": [some, { "type": "array", "items": some }] })
        }
        FieldKind::Object(shape) => reference(shape, shapes),
        FieldKind::Named(of) => json!({ "type": "object", "additionalProperties": kind(*of, shapes) }),
        FieldKind::List(of) => json!({ "type": "array", "items": kind(*of, shapes) }),
        FieldKind::Either(kinds) => {
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

/// What may be expected, by name; what it is about may stand behind it, as in `tps[step 2]`.
fn expected() -> Value {
    let (mut names, mut patterns) = (Map::new(), Map::new());
    // Plans call no DynamoDB, and have one variant.
    let kinds =
        Expectation::table().iter().filter(|kind| !matches!(kind.needs, Needs::DynamoDb | Needs::Duet));
    for kind in kinds {
        let schema = json!({
            "type": ["string", "number", "boolean"],
            "description": kind.doc,
            "examples": [kind.example],
        });
        names.insert(kind.name.to_owned(), schema.clone());
        let any = |name: &str| match name.trim_end_matches(|c: char| c.is_ascii_digit()) {
            // One percentile stands for all.
            stem if stem.ends_with("_p") => format!(r"{stem}[0-9]+(\.[0-9]+)?"),
            _ => name.to_owned(),
        };
        let known: Vec<_> = [kind.name].iter().chain(kind.aliases).map(|name| any(name)).collect();
        patterns.insert(format!(r"^({})(\{{.+\}})?(\[step *[0-9]+\])?$", known.join("|")), schema);
    }
    json!({
        "title": "expectations",
        "description": "What is expected of a run, by name.",
        "type": "object",
        "properties": names,
        "patternProperties": patterns,
        "additionalProperties": false,
    })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::yaml::{Content, Node, parse};

    fn value(node: &Node) -> Value {
        match &node.content {
            Content::Scalar(scalar) => scalar.value(),
            Content::List(items) => items.iter().map(value).collect(),
            Content::Map(entries) => {
                Value::Object(entries.iter().map(|entry| (entry.name.clone(), value(&entry.value))).collect())
            }
        }
    }

    fn documents(text: &str) -> Vec<Value> {
        let (documents, wrong) = parse(0, text);
        assert_eq!(wrong, [], "{text}");
        documents.iter().map(value).collect()
    }

    fn is_valid(text: &str) -> bool {
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        documents(text).iter().all(|document| validator.is_valid(document))
    }

    #[test]
    fn it_is_a_schema_by_its_own_standard() {
        assert!(jsonschema::draft202012::meta::is_valid(&schema()));
        let text = schema().to_string();
        for reference in text.split("\"#/$defs/").skip(1) {
            let name = reference.split('"').next().unwrap();
            assert!(schema()["$defs"][name].is_object(), "{name}");
        }
    }

    #[test]
    fn the_examples_are_valid() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/plans");
        let validator = jsonschema::draft202012::new(&schema()).unwrap();
        let mut count = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "yaml") {
                for document in documents(&std::fs::read_to_string(&path).unwrap()) {
                    let errors: Vec<_> =
                        validator.iter_errors(&document).map(|error| error.to_string()).collect();
                    assert!(errors.is_empty(), "{}: {errors:?}", path.display());
                    count += 1;
                }
            }
        }
        assert!(count >= 6);
    }

    #[test]
    fn what_the_documentation_shows_is_valid() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/plans.md");
        let text = std::fs::read_to_string(path).unwrap();
        let blocks: Vec<_> =
            text.split("```yaml\n").skip(1).map(|block| block.split("```").next().unwrap()).collect();
        assert!(blocks.len() > 8);
        for block in blocks {
            let indented = block.replace('\n', "\n    ");
            let plan = match block {
                block if block.starts_with("checks:") => format!("requests:\n  - path: /\n    {indented}"),
                block => block.to_owned(),
            };
            let steps = if block.contains("steps:") { "" } else { "\nsteps: [{users: 1, duration: 1s}]\n" };
            assert!(is_valid(&format!("{plan}{steps}")), "{block}");
        }
    }

    #[test]
    fn what_can_be_read_is_valid_and_what_cannot_is_not() {
        let rest = "steps: [{users: 1, duration: 1s}]\n";
        for (text, valid) in [
            ("", true),
            ("expected: [tps: '> 100', error_rate: 0%, response_time_p99.9: < 1s]", true),
            ("expected: {tps: 100, no_system_crash: true, 'response_time_p50{GET /}[step 2]': < 1s}", true),
            ("expected: [tpss: '> 100']", false),
            ("name: 5\nwait: 0.1s-0.5s\ntimeout: 5", true),
            ("nmae: x", false),
            ("wait: soon", false),
            ("requests: [GET /a: 50%, POST /b: {weight: 50%, json: {a: 1}}, buy, {path: /c}]", true),
            ("requests: {GET /a: 50%, buy: 50}", true),
            ("requests: [GET /a: half]", false),
            ("requests: [{path: /a, checs: []}]", false),
            ("tasks: {a: GET /, b: {path: /b, checks: {status: [200, 2xx]}, save: {t: {header: X}}}}", true),
            ("tasks: {b: {path: /b, checks: {status: 900}}}", false),
            ("data: {a: 1..10, b: [1, x], c: {file: a.csv, pick: user}, d: {sequence: 1}}", true),
            ("data: {c: {file: a.csv, pick: any}}", false),
            ("audit: {stock: {read: GET /, value: $.x, sells: {buy: 1, sell: quantity}}}", true),
            ("audit: {stock: {value: $.x}}", false),
            ("target: {metrics: off}", true),
            ("target: {metrics: ['http://a/metrics', 'http://b/metrics']}", true),
            ("target: {metrics: [1]}", false),
        ] {
            assert_eq!(is_valid(&format!("{rest}{text}")), valid, "{text}");
        }
        for (steps, valid) in [
            ("{rate: 200/s, duration: 1m30s, ramp_up: 5}", true),
            ("{start_users: 1, increment: 1, increment_interval: 1s, max_users: 5, name: x}", true),
            ("{start_rate: 1, rate_increment: 1/m, increment_interval: 1s, max_rate: 5}", true),
            ("{users: '${USERS}', duration: '${LENGTH}'}", true),
            ("{users: 0, duration: 1s}", false),
            ("{users: 1, duration: 60sec}", false),
            ("{users: 1, rate: 1, duration: 1s}", false),
            ("{users: 1}", false),
        ] {
            assert_eq!(is_valid(&format!("steps: [{steps}]")), valid, "{steps}");
        }
        assert!(!is_valid("name: x"));
    }
}
