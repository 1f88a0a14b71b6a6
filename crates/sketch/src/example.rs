//! An example is a value that fits a schema.

use serde_json::{Map, Value, json};

/// How deep an example goes; schemas may hold themselves.
const DEEPEST: usize = 6;
/// How many fields of an object an example has.
const MOST_FIELDS: usize = 40;

/// What a reference leads to, or the value itself.
pub(crate) fn resolve<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut found = value;
    for _ in 0..8 {
        let Some(reference) = found["$ref"].as_str() else { return found };
        let Some(pointer) = reference.strip_prefix('#') else { return &Value::Null };
        found = document.pointer(pointer).unwrap_or(&Value::Null);
    }
    &Value::Null
}

/// A value that fits a schema.
pub(crate) fn example(document: &Value, schema: &Value) -> Value {
    of(document, schema, 0)
}

fn of(document: &Value, schema: &Value, depth: usize) -> Value {
    let schema = resolve(document, schema);
    let first = ["example", "default", "const"].into_iter().map(|name| &schema[name]);
    let listed = [&schema["examples"][0], &schema["enum"][0]];
    if let Some(given) = first.chain(listed).find(|value| !value.is_null()) {
        return given.clone();
    }
    for name in ["oneOf", "anyOf"] {
        if schema[name][0].is_object() && depth < DEEPEST {
            return of(document, &schema[name][0], depth + 1);
        }
    }
    let kind = schema["type"].as_str().or_else(|| {
        let kinds = schema["type"].as_array()?;
        kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null")
    });
    match kind {
        Some("string") => json!(text(schema)),
        Some("integer") => number(schema, 1.0).map_or(json!(1), |number| json!(number as i64)),
        Some("number") => number(schema, 1.0).map_or(json!(1), |number| json!(number)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        Some("array") => match depth < DEEPEST {
            true => json!([of(document, &schema["items"], depth + 1)]),
            false => json!([]),
        },
        _ => Value::Object(object(document, schema, depth)),
    }
}

fn object(document: &Value, schema: &Value, depth: usize) -> Map<String, Value> {
    let mut fields = Map::new();
    if depth >= DEEPEST {
        return fields;
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        if let Value::Object(more) = of(document, part, depth + 1) {
            fields.extend(more);
        }
    }
    for (name, field) in schema["properties"].as_object().into_iter().flatten().take(MOST_FIELDS) {
        if resolve(document, field)["readOnly"] != true {
            fields.insert(name.clone(), of(document, field, depth + 1));
        }
    }
    fields
}

fn number(schema: &Value, usual: f64) -> Option<f64> {
    let least = schema["minimum"].as_f64().unwrap_or(usual.min(schema["maximum"].as_f64().unwrap_or(usual)));
    Some(least)
}

fn text(schema: &Value) -> String {
    let usual = match schema["format"].as_str().unwrap_or_default() {
        "date" => "2030-01-31",
        "date-time" => "2030-01-31T12:00:00Z",
        "time" => "12:00:00Z",
        "email" => "user@example.com",
        "uuid" => "00000000-0000-4000-8000-000000000000",
        "uri" | "url" => "https://example.com/",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "byte" => "dGV4dA==",
        "password" => "correct horse",
        _ => "text",
    };
    let least = usize::try_from(schema["minLength"].as_u64().unwrap_or(0)).unwrap_or(0).min(1000);
    let most = usize::try_from(schema["maxLength"].as_u64().unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
    let mut text: String = usual.chars().take(most).collect();
    while text.chars().count() < least {
        text.push('x');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_fit_their_schemas() {
        let document = json!({ "s": { "Node": { "type": "object", "properties": { "id": { "type": "integer", "minimum": 5 }, "next": { "$ref": "#/s/Node" } } } } });
        let shown = |schema: Value| example(&document, &schema);
        assert_eq!(shown(json!({ "type": "string", "format": "email" })), json!("user@example.com"));
        assert_eq!(shown(json!({ "type": "string", "minLength": 6 })), json!("textxx"));
        assert_eq!(shown(json!({ "enum": ["a", "b"] })), json!("a"));
        assert_eq!(shown(json!({ "type": ["null", "boolean"] })), json!(true));
        assert_eq!(
            shown(
                json!({ "allOf": [{ "properties": { "a": { "default": 3 } } }], "properties": { "b": { "type": "array", "items": { "type": "number" } } } })
            ),
            json!({ "a": 3, "b": [1.0] })
        );
        let deep = shown(json!({ "$ref": "#/s/Node" }));
        assert_eq!(deep["next"]["next"]["id"], 5);
        assert_eq!(shown(json!({ "$ref": "#/nowhere" })), json!({}));
        assert_eq!(shown(json!({ "$ref": "other.yaml#/x" })), json!({}));
    }
}
