//! An answer of the page: JSON, a text, a file to keep, or a part of the page.

use std::convert::Infallible;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Frame;
use serde_json::Value;

/// The body of an answer: whole, or what comes of it over time.
pub type Body = UnsyncBoxBody<Bytes, Infallible>;

/// What is answered.
pub type Answer = Response<Body>;

/// What a page may load: its own parts alone.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// What a document may that has all its parts in itself: nothing from anywhere.
const ALONE: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Something of this kind.
pub fn of_kind(kind: &'static str, body: impl Into<Bytes>) -> Answer {
    with_body(kind, Full::new(body.into()).boxed_unsync())
}

/// Server-sent events, as long as there are any.
pub fn events(events: impl Stream<Item = Bytes> + Send + 'static) -> Answer {
    let body = StreamBody::new(events.map(|event| Ok::<_, Infallible>(Frame::data(event))));
    with_body("text/event-stream", body.boxed_unsync())
}

/// Nothing, which is all there is to say.
pub fn no_content() -> Answer {
    let mut answer = text("");
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}

fn with_body(kind: &'static str, body: Body) -> Answer {
    let mut answer = Response::new(body);
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// JSON.
pub fn json(value: &Value) -> Answer {
    of_kind("application/json", value.to_string())
}

/// A text.
pub fn text(body: impl Into<Bytes>) -> Answer {
    of_kind("text/plain; charset=utf-8", body)
}

/// A page, or a part of one.
pub fn html(body: impl Into<Bytes>) -> Answer {
    of_kind("text/html; charset=utf-8", body)
}

/// A document that has its style and its script in itself, such as a report.
pub fn document(body: impl Into<Bytes>) -> Answer {
    let mut answer = html(body);
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(ALONE));
    answer
}

/// A file to keep, under a name.
pub fn file(kind: &'static str, name: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = of_kind(kind, body);
    let plain = |one: char| if one.is_ascii_alphanumeric() || "._-".contains(one) { one } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

/// What is wrong, in a sentence.
pub fn refused(status: StatusCode, why: &str) -> Answer {
    let mut answer = json(&serde_json::json!({ "success": false, "message": why }));
    *answer.status_mut() = status;
    answer
}
