//! A refusal is why an operation was not done, told in the shapes and words of the service.

use bytes::Bytes;
use dynoxide::DynoxideError;
use dynoxide::errors::CancellationReason;
use serde::Serialize;

use super::place::{Kind, Shortage};
use super::service::Answer;

const TABLE_EXCEEDED: &str = "The level of configured provisioned throughput for the table was exceeded. Consider \
     increasing your provisioning level with the UpdateTable API.";

const INDEX_EXCEEDED: &str = "The level of configured provisioned throughput for one or more global secondary indexes of \
     the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary \
     indexes with the UpdateTable API";

/// Why an operation was not done.
#[derive(Debug)]
pub enum Refusal {
    /// The engine says so.
    Engine(DynoxideError),
    /// There is no capacity left in these places.
    Throttled(Vec<Shortage>),
    /// Some of a transaction's actions found no capacity, so that none of them is done. One entry for each action.
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
    /// The request makes no sense.
    pub fn invalid(message: String) -> Self {
        Self::Engine(DynoxideError::ValidationException(message))
    }

    /// The table is not there, or not there yet, or no longer.
    pub fn not_found() -> Self {
        Self::Engine(DynoxideError::ResourceNotFoundException("Requested resource not found".to_owned()))
    }

    /// Whether it was for want of capacity.
    pub fn is_throttle(&self) -> bool {
        matches!(self, Self::Throttled(_) | Self::Cancelled(_))
    }

    /// It as the answer to a request to that region.
    pub fn answer(&self, region: &str) -> Answer {
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
        Answer { status, body: Bytes::from(body) }
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
        (None, Kind::Read) => "TableReadProvisionedThroughputExceeded",
        (None, Kind::Write) => "TableWriteProvisionedThroughputExceeded",
        (Some(_), Kind::Read) => "IndexReadProvisionedThroughputExceeded",
        (Some(_), Kind::Write) => "IndexWriteProvisionedThroughputExceeded",
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
