//! An answer of the page: JSON, a text, a file to keep, or a part of the page.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::Value;

/// What is answered.
pub(super) type Answer = Response<Full<Bytes>>;

/// What a page may load: its own parts alone.
const POLICY: &str =
    "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Something of this kind.
pub(super) fn of_kind(kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    answer
}

/// JSON.
pub(super) fn json(value: &Value) -> Answer {
    of_kind("application/json", value.to_string())
}

/// A text.
pub(super) fn text(body: impl Into<Bytes>) -> Answer {
    of_kind("text/plain; charset=utf-8", body)
}

/// A page, or a part of one.
pub(super) fn html(body: impl Into<Bytes>) -> Answer {
    of_kind("text/html; charset=utf-8", body)
}

/// A file to keep, under a name.
pub(super) fn file(kind: &'static str, name: &str, body: impl Into<Bytes>) -> Answer {
    let mut answer = of_kind(kind, body);
    let plain = |one: char| if one.is_ascii_alphanumeric() || "._-".contains(one) { one } else { '_' };
    let name: String = name.chars().map(plain).collect();
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename=\"{name}\"")) {
        answer.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    answer
}

/// What is wrong, in a sentence.
pub(super) fn refused(status: StatusCode, why: &str) -> Answer {
    let mut answer = json(&serde_json::json!({ "success": false, "message": why }));
    *answer.status_mut() = status;
    answer
}
