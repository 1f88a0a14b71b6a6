//! OpenAPI: what a service says of itself, version 3 or 2, as JSON or YAML.

use serde_json::Value;

use crate::error::SketchError;
use crate::example::{example, resolve};
use crate::sketch::{Body, Call, Piece, Sketch, Text, name_of};
use crate::yaml;

/// Methods, in the order in which a first script asks.
const METHODS: [&str; 7] = ["get", "head", "options", "post", "put", "patch", "delete"];

pub(crate) fn read(text: &str) -> Result<Sketch, SketchError> {
    let wrong = |why: String| SketchError::Unreadable(format!("this is no OpenAPI document: {why}"));
    let document = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) if text.trim_start().starts_with('{') => return Err(wrong(error.to_string())),
        Err(_) => yaml::read(text).map_err(wrong)?,
    };
    let Some(paths) = document["paths"].as_object() else {
        return Err(wrong("it has no paths".to_owned()));
    };
    let title = document["info"]["title"].as_str().unwrap_or("A service").to_owned();
    let mut sketch = Sketch { title, ..Sketch::default() };
    let base = base(&document);
    for (path, item) in paths {
        let item = resolve(&document, item);
        for method in METHODS {
            let operation = &item[method];
            if operation.is_object() {
                let call = Reader { document: &document, sketch: &mut sketch }.call(
                    &base,
                    (path, method),
                    item,
                    operation,
                );
                sketch.calls.push(call);
            }
        }
    }
    // Calls of one group stand together, as in the document's own pages.
    let mut order: Vec<Vec<String>> = Vec::new();
    for call in &sketch.calls {
        if !order.contains(&call.groups) {
            order.push(call.groups.clone());
        }
    }
    sketch.calls.sort_by_key(|call| order.iter().position(|groups| *groups == call.groups));
    if sketch.calls.is_empty() {
        Err(SketchError::Empty(": its paths have no operations"))
    } else {
        Ok(sketch)
    }
}

/// Where the service is, without a slash at the end.
fn base(document: &Value) -> String {
    let server = &document["servers"][0];
    let mut url = server["url"].as_str().unwrap_or_default().to_owned();
    for (name, variable) in server["variables"].as_object().into_iter().flatten() {
        url = url.replace(&format!("{{{name}}}"), variable["default"].as_str().unwrap_or_default());
    }
    if let Some(host) = document["host"].as_str() {
        let scheme = document["schemes"][0].as_str().unwrap_or("https");
        url = format!("{scheme}://{host}{}", document["basePath"].as_str().unwrap_or_default());
    }
    if !url.contains("://") {
        // A document that is served beside its service names no host.
        url = format!("http://localhost:8080/{}", url.trim_start_matches('/'));
    }
    url.trim_end_matches('/').to_owned()
}

struct Reader<'a> {
    document: &'a Value,
    sketch: &'a mut Sketch,
}

impl Reader<'_> {
    fn call(&mut self, base: &str, (path, method): (&str, &str), item: &Value, operation: &Value) -> Call {
        let (mut url, mut query, mut headers) = (path.to_owned(), Vec::new(), Vec::new());
        let (mut form, mut json) = (Vec::new(), None);
        let lists = [&item["parameters"], &operation["parameters"]];
        for parameter in lists.into_iter().filter_map(Value::as_array).flatten() {
            let parameter = resolve(self.document, parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            let value = || shown(&self.value(parameter));
            match parameter["in"].as_str().unwrap_or_default() {
                "path" => url = url.replace(&format!("{{{name}}}"), &encoded(&value())),
                "query" if parameter["required"] == true => {
                    query.push(format!("{}={}", encoded(name), encoded(&value())))
                }
                "header" if parameter["required"] == true => {
                    headers.push((name.to_owned(), Text::plain(value())))
                }
                "formData" => form.push((name.to_owned(), Text::plain(value()))),
                "body" => json = Some(example(self.document, &parameter["schema"])),
                _ => {}
            }
        }
        if !query.is_empty() {
            url = format!("{url}?{}", query.join("&"));
        }
        let content = &resolve(self.document, &operation["requestBody"])["content"];
        let body = match content.as_object().and_then(|content| content.iter().next()) {
            Some((kind, media)) => self.body(kind, media, &mut headers),
            None => match (json, form.is_empty()) {
                (Some(json), _) => {
                    headers.push(("Content-Type".to_owned(), Text::plain("application/json")));
                    Body::Json(json)
                }
                (None, false) => Body::Form(form),
                (None, true) => Body::Nothing,
            },
        };
        headers.extend(self.credentials(operation));
        let summary = operation["operationId"].as_str().or_else(|| operation["summary"].as_str());
        let name = summary.map_or_else(|| format!("{} {path}", method.to_uppercase()), str::to_owned);
        Call {
            groups: operation["tags"][0].as_str().map(|tag| tag.replace("::", ":")).into_iter().collect(),
            name,
            method: method.to_uppercase(),
            url: Text::plain(format!("{base}{url}")),
            headers,
            body,
            status: success(operation),
            pause: 0.0,
        }
    }

    fn value(&self, parameter: &Value) -> Value {
        let given = [&parameter["example"], &parameter["schema"]["example"], &parameter["default"]];
        let first = parameter["examples"].as_object().and_then(|examples| examples.values().next());
        let first = first.map(|one| &resolve(self.document, one)["value"]);
        let given = given.into_iter().chain(first).find(|value| !value.is_null());
        let schema = if parameter["schema"].is_object() { &parameter["schema"] } else { parameter };
        given.cloned().unwrap_or_else(|| example(self.document, schema))
    }

    fn body(&self, kind: &str, media: &Value, headers: &mut Vec<(String, Text)>) -> Body {
        let value = self.value(media);
        let fields = |value: &Value| {
            let fields = value.as_object().into_iter().flatten();
            fields.map(|(name, value)| (name.clone(), Text::plain(shown(value)))).collect::<Vec<_>>()
        };
        if kind.starts_with("application/x-www-form-urlencoded") {
            return Body::Form(fields(&value));
        }
        if kind.starts_with("multipart/") {
            let parts =
                fields(&value).into_iter().map(|(name, text)| (name, crate::sketch::Part::Text(text)));
            return Body::Parts(parts.collect());
        }
        headers.push(("Content-Type".to_owned(), Text::plain(kind)));
        match value {
            Value::String(text) => Body::Text(Text::plain(text)),
            value if kind.contains("json") => Body::Json(value),
            value => Body::Text(Text::plain(shown(&value))),
        }
    }

    /// The header of the first way to prove who asks that goes into one.
    fn credentials(&mut self, operation: &Value) -> Option<(String, Text)> {
        let wanted = if operation["security"].is_array() {
            &operation["security"]
        } else {
            &self.document["security"]
        };
        let name = wanted[0].as_object()?.keys().next()?;
        let schemes =
            [&self.document["components"]["securitySchemes"], &self.document["securityDefinitions"]];
        let scheme =
            schemes.into_iter().map(|schemes| &schemes[name.as_str()]).find(|scheme| scheme.is_object())?;
        let scheme = resolve(self.document, scheme);
        let mut variable = |name: &str| {
            self.sketch.variables.entry(name.to_owned()).or_insert(None);
            Piece::Variable(name.to_owned())
        };
        let (header, text) = match (scheme["type"].as_str()?, scheme["scheme"].as_str().unwrap_or_default()) {
            ("apiKey", _) if scheme["in"] == "header" => {
                let header = scheme["name"].as_str()?;
                (header.to_owned(), Text(vec![variable(&name_of(&header.to_uppercase()))]))
            }
            ("basic", _) => ("Authorization".to_owned(), Text(vec![variable("AUTHORIZATION")])),
            ("http", kind) if kind.eq_ignore_ascii_case("basic") => {
                ("Authorization".to_owned(), Text(vec![variable("AUTHORIZATION")]))
            }
            ("http" | "oauth2" | "openIdConnect", _) => (
                "Authorization".to_owned(),
                Text(vec![Piece::Plain("Bearer ".to_owned()), variable("TOKEN")]),
            ),
            _ => return None,
        };
        Some((header, text))
    }
}

/// The first status of success that is named.
fn success(operation: &Value) -> Option<u16> {
    let names = operation["responses"].as_object()?.keys();
    names.filter_map(|name| name.parse().ok()).find(|status| (200..300).contains(status))
}

/// A value in a URL or a form.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(list) => list.iter().map(shown).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}
