//! A refusal is why an operation was not carried out, in the format and wording of the service.

use bytes::Bytes;
use dynoxide::DynoxideError;
use dynoxide::errors::CancellationReason;
use serde::Serialize;

use super::capacity::shortage::{CapacityKind, Shortage};
use super::response::StoreResponse;

const TABLE_EXCEEDED: &str = "The level of configured provisioned throughput for the table was exceeded. Consider \
     increasing your provisioning level with the UpdateTable API.";

const INDEX_EXCEEDED: &str = "The level of configured provisioned throughput for one or more global secondary indexes of \
     the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary \
     indexes with the UpdateTable API";

/// Why an operation was not carried out.
#[derive(Debug)]
pub enum Refusal {
    /// The engine refuses it.
    Engine(DynoxideError),
    /// These tables or indexes have no capacity left.
    Throttled(Vec<Shortage>),
    /// Some of a transaction's actions found no capacity, so none is carried out. One entry per action.
    Cancelled(Vec<Option<Shortage>>),
    /// The operation is not known.
    UnknownOperation,
    /// The request is not JSON.
    Malformed,
}

#[derive(Serialize)]
struct Throttle<'a> {
    #[serde(rename = "__type")]
    code: &'static str,
    message: &'static str,
    #[serde(rename = "ThrottlingReasons")]
    reasons: Vec<Reason<'a>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    reason: &'static str,
    resource: &'a str,
}

impl Refusal {
    /// The request is invalid.
    pub fn invalid(message: String) -> Self {
        Self::Engine(DynoxideError::ValidationException(message))
    }

    /// The table does not exist, or is being created or deleted.
    pub fn not_found() -> Self {
        Self::Engine(DynoxideError::ResourceNotFoundException("Requested resource not found".to_owned()))
    }

    /// Whether it is for lack of capacity.
    pub fn is_throttle(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Cancelled(_))
    }

    /// The response to a request that it refuses, in that region.
    pub fn response(&self, region: &str) -> StoreResponse {
        let (status, body) = match self {
            Self::Engine(error) => (error.status_code(), error.to_json()),
            Self::Throttled(shortages) => (400, throttle(shortages, region)),
            Self::Cancelled(actions) => (400, cancelled(actions).to_json()),
            Self::UnknownOperation => {
                (400, r#"{"__type":"com.amazon.coral.service#UnknownOperationException"}"#.to_owned())
            }
            Self::Malformed => {
                (400, r#"{"__type":"com.amazon.coral.service#SerializationException"}"#.to_owned())
            }
        };
        StoreResponse { status, body: Bytes::from(body) }
    }
}

impl From<DynoxideError> for Refusal {
    fn from(error: DynoxideError) -> Self {
        Self::Engine(error)
    }
}

fn throttle(shortages: &[Shortage], region: &str) -> String {
    let arns: Vec<String> = shortages.iter().map(|shortage| shortage.arn(region)).collect();
    let reasons = shortages.iter().zip(&arns);
    let body = Throttle {
        code: "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException",
        message: shortages.first().map_or(TABLE_EXCEEDED, message),
        reasons: reasons.map(|(shortage, arn)| Reason { reason: reason(shortage), resource: arn }).collect(),
    };
    serde_json::to_string(&body).unwrap_or_default()
}

fn message(shortage: &Shortage) -> &'static str {
    if shortage.index.is_some() { INDEX_EXCEEDED } else { TABLE_EXCEEDED }
}

fn reason(shortage: &Shortage) -> &'static str {
    match (&shortage.index, shortage.kind) {
        (None, CapacityKind::Read) => "TableReadProvisionedThroughputExceeded",
        (None, CapacityKind::Write) => "TableWriteProvisionedThroughputExceeded",
        (Some(_), CapacityKind::Read) => "IndexReadProvisionedThroughputExceeded",
        (Some(_), CapacityKind::Write) => "IndexWriteProvisionedThroughputExceeded",
    }
}

fn cancelled(actions: &[Option<Shortage>]) -> DynoxideError {
    let code = |shortage: &Option<Shortage>| {
        if shortage.is_some() { "ProvisionedThroughputExceeded" } else { "None" }
    };
    let codes: Vec<&str> = actions.iter().map(code).collect();
    let reasons = actions.iter().map(|shortage| CancellationReason {
        code: code(shortage).to_owned(),
        message: shortage.as_ref().map(|shortage| message(shortage).to_owned()),
        item: None,
    });
    DynoxideError::TransactionCanceledException(
        format!(
            "Transaction cancelled, please refer cancellation reasons for specific reasons [{}]",
            codes.join(", ")
        ),
        reasons.collect(),
    )
}
