//! Postman: collections of version 2, with their folders, variables and credentials.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;

use crate::error::SketchError;
use crate::har::short_name;
use crate::sketch::{Body, Call, Part, Piece, Sketch, Text, name_of};

/// How deep folders may be in each other.
const DEEPEST: usize = 16;

pub(crate) fn read(text: &str) -> Result<Sketch, SketchError> {
    let wrong = |why: String| SketchError::Unreadable(format!("this is no Postman collection: {why}"));
    let whole: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    // What Postman's own service answers has the collection inside.
    let collection = if whole["collection"].is_object() { &whole["collection"] } else { &whole };
    let Some(items) = collection["item"].as_array() else {
        return Err(wrong("it has no item (export it as version 2.1)".to_owned()));
    };
    let title = collection["info"]["name"].as_str().unwrap_or("A collection").to_owned();
    let mut sketch = Sketch { title, ..Sketch::default() };
    for variable in collection["variable"].as_array().into_iter().flatten() {
        let name = variable["key"].as_str().or_else(|| variable["id"].as_str()).unwrap_or_default();
        let value = plain(&variable["value"]).filter(|value| !value.is_empty());
        if !name.is_empty() {
            sketch.variables.insert(name_of(name), value);
        }
    }
    walk(items, &mut Vec::new(), &collection["auth"], &mut sketch);
    let used: Vec<String> = sketch.calls.iter().flat_map(names).collect();
    for name in used {
        sketch.variables.entry(name).or_insert(None);
    }
    if sketch.calls.is_empty() { Err(SketchError::Empty("")) } else { Ok(sketch) }
}

fn walk(items: &[Value], groups: &mut Vec<String>, auth: &Value, sketch: &mut Sketch) {
    for item in items {
        let name = item["name"].as_str().unwrap_or_default().replace("::", ":");
        let own = if item["auth"].is_object() { &item["auth"] } else { auth };
        if let Some(inner) = item["item"].as_array() {
            if groups.len() < DEEPEST {
                groups.push(if name.is_empty() { "folder".to_owned() } else { name });
                walk(inner, groups, own, sketch);
                groups.pop();
            }
        } else if !item["request"].is_null() {
            sketch.calls.push(call(&item["request"], name, groups, own));
        }
        let scripts = item["event"].as_array().is_some_and(|events| !events.is_empty());
        let note = "Scripts of the collection (tests, pre-request) are not taken over.".to_owned();
        if scripts && !sketch.notes.contains(&note) {
            sketch.notes.push(note);
        }
    }
}

fn call(request: &Value, name: String, groups: &[String], auth: &Value) -> Call {
    let raw = plain(request).or_else(|| plain(&request["url"])).or_else(|| plain(&request["url"]["raw"]));
    let mut raw = raw.unwrap_or_default();
    for variable in request["url"]["variable"].as_array().into_iter().flatten() {
        let key = variable["key"].as_str().unwrap_or_default();
        let value = plain(&variable["value"]).unwrap_or_default();
        raw = raw.replace(&format!("/:{key}"), &format!("/{value}"));
    }
    if !raw.contains("://") && !raw.starts_with("{{") {
        raw.insert_str(0, "http://");
    }
    let method = request["method"].as_str().unwrap_or("GET").to_owned();
    let own = if request["auth"].is_object() { &request["auth"] } else { auth };
    let mut headers: Vec<(String, Text)> = Vec::new();
    for header in
        request["header"].as_array().into_iter().flatten().filter(|header| header["disabled"] != true)
    {
        let (key, value) =
            (header["key"].as_str().unwrap_or_default(), plain(&header["value"]).unwrap_or_default());
        if !key.is_empty() {
            headers.push((key.to_owned(), Text::with_braces(&value)));
        }
    }
    headers.extend(credentials(own));
    let (body, kind) = body(&request["body"]);
    if let Some(kind) =
        kind.filter(|_| !headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")))
    {
        headers.push(("Content-Type".to_owned(), Text::plain(kind)));
    }
    let name = if name.is_empty() { short_name(&method, &raw) } else { name };
    Call {
        groups: groups.to_vec(),
        name,
        method,
        url: Text::with_braces(&raw),
        headers,
        body,
        ..Call::default()
    }
}

/// A value that is a text or a number.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    }
}

/// The header of credentials.
fn credentials(auth: &Value) -> Option<(String, Text)> {
    let kind = auth["type"].as_str()?;
    let field = |name: &str| {
        let list = auth[kind].as_array()?;
        plain(&list.iter().find(|field| field["key"].as_str() == Some(name))?["value"])
    };
    match kind {
        "bearer" => {
            let mut value = Text::plain("Bearer ");
            value.0.extend(Text::with_braces(&field("token")?).0);
            Some(("Authorization".to_owned(), value))
        }
        "basic" => {
            let (user, password) = (field("username")?, field("password").unwrap_or_default());
            let value = match user.contains("{{") || password.contains("{{") {
                true => Text(vec![Piece::Variable("AUTHORIZATION".to_owned())]),
                false => {
                    Text::plain(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
                }
            };
            Some(("Authorization".to_owned(), value))
        }
        "apikey" if field("in").as_deref() != Some("query") => {
            Some((field("key")?, Text::with_braces(&field("value")?)))
        }
        _ => None,
    }
}

/// A body, and the type that says what it is.
fn body(body: &Value) -> (Body, Option<&'static str>) {
    let enabled = |mode: &str| {
        let fields = body[mode].as_array().cloned().unwrap_or_default();
        fields.into_iter().filter(|field| field["disabled"] != true).collect::<Vec<_>>()
    };
    let key = |field: &Value| field["key"].as_str().unwrap_or_default().to_owned();
    let value = |field: &Value| Text::with_braces(&plain(&field["value"]).unwrap_or_default());
    match body["mode"].as_str().unwrap_or_default() {
        "raw" => {
            let text = body["raw"].as_str().unwrap_or_default();
            let language = body["options"]["raw"]["language"].as_str().unwrap_or_default();
            match serde_json::from_str::<Value>(text) {
                _ if text.is_empty() => (Body::Nothing, None),
                Ok(json) if !text.contains("{{") && (json.is_object() || json.is_array()) => {
                    (Body::Json(json), Some("application/json"))
                }
                _ if language == "json" => (Body::Text(Text::with_braces(text)), Some("application/json")),
                _ => (Body::Text(Text::with_braces(text)), None),
            }
        }
        "graphql" => {
            let variables = body["graphql"]["variables"]
                .as_str()
                .and_then(|text| serde_json::from_str::<Value>(text).ok());
            let query = serde_json::json!({ "query": body["graphql"]["query"], "variables": variables });
            (Body::Json(query), Some("application/json"))
        }
        "urlencoded" => {
            let fields = enabled("urlencoded");
            (Body::Form(fields.iter().map(|field| (key(field), value(field))).collect()), None)
        }
        "formdata" => {
            let parts = enabled("formdata").into_iter().map(|field| {
                let source = field["src"].as_str().or_else(|| field["src"][0].as_str());
                match source.filter(|_| field["type"] == "file") {
                    Some(path) => (key(&field), Part::File(path.to_owned())),
                    None => (key(&field), Part::Text(value(&field))),
                }
            });
            (Body::Parts(parts.collect()), None)
        }
        "file" => match body["file"]["src"].as_str() {
            Some(path) => (Body::File(path.to_owned()), None),
            None => (Body::Nothing, None),
        },
        _ => (Body::Nothing, None),
    }
}

/// The variables that a call uses.
fn names(call: &Call) -> Vec<String> {
    let mut texts = vec![&call.url];
    texts.extend(call.headers.iter().map(|(_, value)| value));
    match &call.body {
        Body::Text(text) => texts.push(text),
        Body::Form(fields) => texts.extend(fields.iter().map(|(_, value)| value)),
        Body::Parts(parts) => texts.extend(parts.iter().filter_map(|(_, part)| match part {
            Part::Text(text) => Some(text),
            Part::File(_) => None,
        })),
        Body::Nothing | Body::Json(_) | Body::File(_) => {}
    }
    texts.into_iter().flat_map(|text| text.variables().map(str::to_owned).collect::<Vec<_>>()).collect()
}
