//! A rejection is the error that a request gets before it reaches the store, in the service's format.

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;

/// Why a request is rejected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub status: StatusCode,
    /// The error's type, with its namespace.
    pub kind: String,
    /// The service's message; some errors have none.
    pub message: Option<String>,
}

impl Rejection {
    /// An error of the web service around DynamoDB.
    pub(super) fn of_service(name: &str, message: impl Into<String>) -> Self {
        let kind = format!("com.amazon.coral.service#{name}");
        Self { status: StatusCode::BAD_REQUEST, kind, message: Some(message.into()) }
    }

    pub(super) fn unknown_operation() -> Self {
        let kind = "com.amazon.coral.service#UnknownOperationException".to_owned();
        Self { status: StatusCode::BAD_REQUEST, kind, message: None }
    }

    /// What a client gets when the service itself fails.
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
