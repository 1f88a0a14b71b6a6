//! YAML as JSON: the part of it that documents about services use. Anchors and aliases are refused.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

/// How deep lists and objects may be in each other, and how many values there may be.
const DEEPEST: usize = 64;
const MOST: usize = 500_000;

/// A list or an object that is still open.
enum Open {
    List(Vec<Value>),
    Object(Map<String, Value>, Option<String>),
}

/// The first document of a text.
pub(crate) fn read(text: &str) -> Result<Value, String> {
    let mut parser = Parser::new_from_str(text);
    let (mut open, mut count) = (Vec::<Open>::new(), 0);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| error.to_string())?;
        count += 1;
        if open.len() > DEEPEST || count > MOST {
            return Err("there is too much of it, or it is nested too deep".to_owned());
        }
        let done = match event {
            Event::Alias(_) => return Err(format!("line {}: aliases (*) are not read", span.start.line())),
            Event::Scalar(text, style, _, _) => Some(scalar(&text, style == ScalarStyle::Plain)),
            Event::SequenceStart(..) => {
                open.push(Open::List(Vec::new()));
                None
            }
            Event::MappingStart(..) => {
                open.push(Open::Object(Map::new(), None));
                None
            }
            Event::SequenceEnd | Event::MappingEnd => open.pop().map(|open| match open {
                Open::List(list) => Value::Array(list),
                Open::Object(fields, _) => Value::Object(fields),
            }),
            Event::DocumentEnd => return Ok(Value::Null),
            _ => None,
        };
        let Some(value) = done else { continue };
        match open.last_mut() {
            None => return Ok(value),
            Some(Open::List(list)) => list.push(value),
            Some(Open::Object(fields, key)) => match key.take() {
                Some(key) => {
                    fields.insert(key, value);
                }
                None => {
                    *key = Some(match value {
                        Value::String(text) => text,
                        other => other.to_string(),
                    });
                }
            },
        }
    }
    Ok(Value::Null)
}

/// A value by how it is written, as YAML 1.2 reads it.
fn scalar(text: &str, is_plain: bool) -> Value {
    if !is_plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(number), _) => Value::from(number),
            (_, Ok(number))
                if number.is_finite()
                    && text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) =>
            {
                Value::from(number)
            }
            _ => Value::from(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_is_read_as_json() {
        let text = "openapi: 3.0.1\ninfo: {title: 'A: b', on: yes}\nlist:\n  - 1\n  - -2.5\n  - ~\n  - \"3\"\n200:\n  a: true\n";
        assert_eq!(
            read(text).unwrap(),
            json!({ "openapi": "3.0.1", "info": { "title": "A: b", "on": "yes" }, "list": [1, -2.5, null, "3"], "200": { "a": true } })
        );
        assert_eq!(read("").unwrap(), Value::Null);
        assert!(read("a: &x [1]\nb: *x").unwrap_err().contains("aliases"));
        assert!(read(&"[".repeat(100)).is_err() && read("a: [").is_err());
    }
}
