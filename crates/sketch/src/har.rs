//! HAR: what a browser recorded of the pages that it loaded.

use serde_json::Value;

use crate::error::SketchError;
use crate::sketch::{Body, Call, Part, Sketch, Text, name_of};

/// Headers that browsers and this program add themselves.
const LEFT_OUT: [&str; 18] = [
    "accept-encoding",
    "accept-language",
    "alt-used",
    "cache-control",
    "connection",
    "content-length",
    "cookie",
    "dnt",
    "host",
    "if-modified-since",
    "if-none-match",
    "origin",
    "pragma",
    "priority",
    "referer",
    "te",
    "upgrade-insecure-requests",
    "user-agent",
];

/// Kinds of resources that a load test rarely asks for one by one.
const STATIC: [&str; 14] =
    ["png", "jpg", "jpeg", "gif", "webp", "avif", "svg", "ico", "css", "woff", "woff2", "ttf", "map", "mp4"];

pub(crate) fn read(text: &str) -> Result<Sketch, SketchError> {
    let har: Value = serde_json::from_str(text)
        .map_err(|error| SketchError::Unreadable(format!("this is no HAR file: {error}")))?;
    let Some(entries) = har["log"]["entries"].as_array() else {
        return Err(SketchError::Unreadable("this is no HAR file: it has no log.entries".to_owned()));
    };
    let mut sketch = Sketch { title: "What a browser did".to_owned(), ..Sketch::default() };
    let (mut last, mut left_out) = (None, 0);
    for entry in entries {
        let url = entry["request"]["url"].as_str().unwrap_or_default();
        let is_http = url.starts_with("http://") || url.starts_with("https://");
        if !is_http || is_static(url) {
            left_out += 1;
            continue;
        }
        let started = entry["startedDateTime"].as_str().and_then(seconds);
        let mut call = call(entry, url, &mut sketch);
        let took = entry["time"].as_f64().unwrap_or(0.0) / 1000.0;
        if let (Some(started), Some(last)) = (started, last) {
            // Less than this is what the browser took, not its user.
            call.pause = Some(started - last).filter(|pause| *pause >= 0.5).unwrap_or(0.0);
        }
        last = started.map(|started| started + took).or(last);
        call.groups = page(&har, entry).into_iter().collect();
        sketch.calls.push(call);
    }
    if left_out > 0 {
        let noun = if left_out == 1 { "request" } else { "requests" };
        sketch.notes.push(format!("Left out: {left_out} {noun} for images, styles, fonts and the like."));
    }
    match sketch.calls.is_empty() {
        true => Err(SketchError::Empty(" but for images, styles and the like")),
        false => Ok(sketch),
    }
}

fn call(entry: &Value, url: &str, sketch: &mut Sketch) -> Call {
    let request = &entry["request"];
    let method = request["method"].as_str().unwrap_or("GET").to_owned();
    let mut headers = Vec::new();
    for header in request["headers"].as_array().into_iter().flatten() {
        let (name, value) =
            (header["name"].as_str().unwrap_or_default(), header["value"].as_str().unwrap_or_default());
        let lower = name.to_ascii_lowercase();
        if lower.starts_with(':')
            || lower.starts_with("sec-")
            || LEFT_OUT.contains(&lower.as_str())
            || name.is_empty()
        {
            continue;
        }
        if is_secret(&lower) {
            let variable = name_of(&name.to_uppercase());
            sketch.variables.insert(variable.clone(), None);
            headers.push((name.to_owned(), Text(vec![crate::sketch::Piece::Variable(variable)])));
        } else if !(lower == "accept" && value == "*/*") {
            headers.push((name.to_owned(), Text::plain(value)));
        }
    }
    let body = body(&request["postData"]);
    if matches!(body, Body::Form(_) | Body::Parts(_)) {
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("content-type"));
    }
    let status = entry["response"]["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    Call {
        name: short_name(&method, url),
        method,
        url: Text::plain(url.split('#').next().unwrap_or(url)),
        headers,
        body,
        // Redirects are followed, and their end is asked for then.
        status: status.filter(|status| (200..300).contains(status)),
        ..Call::default()
    }
}

/// Whether the values of headers of this name are nobody's to keep in a script.
pub(crate) fn is_secret(name: &str) -> bool {
    ["authorization", "token", "api-key", "apikey", "secret", "session", "password"]
        .iter()
        .any(|part| name.contains(part))
}

/// The method and the path of a request.
pub(crate) fn short_name(method: &str, url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    format!("{} {}", method.to_ascii_uppercase(), path.split(['?', '#']).next().unwrap_or("/"))
}

fn is_static(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or(url);
    let file = path.rsplit('/').next().unwrap_or_default();
    file.rsplit_once('.').is_some_and(|(_, ending)| STATIC.contains(&ending.to_ascii_lowercase().as_str()))
}

fn body(data: &Value) -> Body {
    let kind = data["mimeType"].as_str().unwrap_or_default().to_ascii_lowercase();
    let params = data["params"].as_array().filter(|params| !params.is_empty());
    let name = |param: &Value| param["name"].as_str().unwrap_or_default().to_owned();
    let value = |param: &Value| Text::plain(param["value"].as_str().unwrap_or_default());
    match params {
        Some(params) if kind.starts_with("multipart/") => {
            let parts = params.iter().map(|param| match param["fileName"].as_str() {
                Some(file) => (name(param), Part::File(file.to_owned())),
                None => (name(param), Part::Text(value(param))),
            });
            Body::Parts(parts.collect())
        }
        Some(params) if kind.starts_with("application/x-www-form-urlencoded") && data["text"].is_null() => {
            Body::Form(params.iter().map(|param| (name(param), value(param))).collect())
        }
        _ => match data["text"].as_str().filter(|text| !text.is_empty()) {
            None => Body::Nothing,
            Some(text) if kind.contains("json") => match serde_json::from_str(text) {
                Ok(json) => Body::Json(json),
                Err(_) => Body::Text(Text::plain(text)),
            },
            Some(text) => Body::Text(Text::plain(text)),
        },
    }
}

/// The title of the page that a request is part of.
fn page(har: &Value, entry: &Value) -> Option<String> {
    let id = entry["pageref"].as_str()?;
    let pages = har["log"]["pages"].as_array()?;
    let page = pages.iter().find(|page| page["id"].as_str() == Some(id));
    let title = page.and_then(|page| page["title"].as_str()).filter(|title| !title.is_empty()).unwrap_or(id);
    Some(title.chars().take(80).collect::<String>().replace("::", ":"))
}

/// Seconds of a moment within its month, by which moments of one recording compare.
fn seconds(text: &str) -> Option<f64> {
    let (date, time) = text.split_once('T')?;
    let day: f64 = date.rsplit('-').next()?.parse().ok()?;
    let clock = time.split(['Z', '+']).next()?;
    let clock = clock.split_once('-').map_or(clock, |(clock, _)| clock);
    let mut parts = clock.split(':').map(|part| part.parse::<f64>().ok());
    Some(day * 86_400.0 + parts.next()?? * 3600.0 + parts.next()?? * 60.0 + parts.next()??)
}
