//! A refusal is an error that a request gets before it reaches the store, in the service's shape.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

/// Why a request goes no further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub status: StatusCode,
    /// The error's type, with its namespace.
    pub kind: String,
    /// What the service says of it; some errors come without a word.
    pub message: Option<String>,
}

impl Refusal {
    /// An error of the web service around DynamoDB.
    pub(super) fn of_service(name: &str, message: impl Into<String>) -> Self {
        let kind = format!("com.amazon.coral.service#{name}");
        Self { status: StatusCode::BAD_REQUEST, kind, message: Some(message.into()) }
    }

    pub(super) fn unknown_operation() -> Self {
        let kind = "com.amazon.coral.service#UnknownOperationException".to_owned();
        Self { status: StatusCode::BAD_REQUEST, kind, message: None }
    }

    /// What a client sees when the service itself is at fault.
    pub(super) fn internal() -> Self {
        let kind = "com.amazonaws.dynamodb.v20120810#InternalServerError".to_owned();
        let message = Some("Internal server error".to_owned());
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind, message }
    }

    pub(super) fn body(&self) -> Bytes {
        let mut body = json!({ "__type": self.kind });
        if let Some(message) = &self.message {
            body["message"] = message.as_str().into();
        }
        body.to_string().into()
    }
}
