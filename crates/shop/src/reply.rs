//! A reply is the shop's answer to one request: a status and a JSON body.

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde::Serialize;
use serde_json::json;

/// Every status that the shop answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    BadRequest,
    Unauthorized,
    PaymentRequired,
    NotFound,
    MethodNotAllowed,
    Conflict,
    TooLarge,
    /// Never sent: the client hung up before there was an answer (a number that nginx made known).
    ClientClosed,
    InternalError,
    Unavailable,
}

impl Status {
    /// All statuses, each at the place of its discriminant.
    pub(crate) const ALL: [Self; 11] = [
        Self::Ok,
        Self::BadRequest,
        Self::Unauthorized,
        Self::PaymentRequired,
        Self::NotFound,
        Self::MethodNotAllowed,
        Self::Conflict,
        Self::TooLarge,
        Self::ClientClosed,
        Self::InternalError,
        Self::Unavailable,
    ];

    pub(crate) const fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::BadRequest => 400,
            Self::Unauthorized => 401,
            Self::PaymentRequired => 402,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::ClientClosed => 499,
            Self::InternalError => 500,
            Self::Unavailable => 503,
        }
    }
}

/// An answer on its way out.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: Status,
    content_type: &'static str,
    allow: Option<&'static str>,
    body: Bytes,
}

/// Why a request gets no answer of 200, in words for its sender.
#[derive(Debug)]
pub(crate) struct Refusal {
    status: Status,
    reason: String,
    allow: Option<&'static str>,
}

impl Reply {
    /// An answer of 200.
    pub(crate) fn json(body: &impl Serialize) -> Self {
        Self::with_status(Status::Ok, body)
    }

    /// An answer of 200 that is not JSON.
    pub(crate) fn text(content_type: &'static str, body: String) -> Self {
        Self { status: Status::Ok, content_type, allow: None, body: body.into() }
    }

    fn with_status(status: Status, body: &impl Serialize) -> Self {
        let body = serde_json::to_vec(body).expect("structs of numbers, texts and maps can be serialised");
        Self { status, content_type: "application/json", allow: None, body: body.into() }
    }

    pub(crate) fn into_response(self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body));
        *response.status_mut() =
            StatusCode::from_u16(self.status.code()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        if let Some(allow) = self.allow {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static(allow));
        }
        response
    }
}

impl Refusal {
    pub(crate) fn new(status: Status, reason: impl Into<String>) -> Self {
        Self { status, reason: reason.into(), allow: None }
    }

    pub(crate) fn bad_request(reason: impl Into<String>) -> Self {
        Self::new(Status::BadRequest, reason)
    }

    pub(crate) fn not_found(what: &str, id: impl std::fmt::Display) -> Self {
        Self::new(Status::NotFound, format!("there is no {what} {id}"))
    }

    pub(crate) fn method_not_allowed(allow: &'static str) -> Self {
        let reason = format!("use {allow} here");
        Self { status: Status::MethodNotAllowed, reason, allow: Some(allow) }
    }
}

impl From<Refusal> for Reply {
    fn from(refusal: Refusal) -> Self {
        let body = json!({ "error": refusal.reason });
        Self { allow: refusal.allow, ..Self::with_status(refusal.status, &body) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_stand_at_their_place() {
        for (place, status) in Status::ALL.into_iter().enumerate() {
            assert_eq!(status as usize, place);
        }
        assert!(Status::ALL.is_sorted_by_key(|status| status.code()));
    }
}
