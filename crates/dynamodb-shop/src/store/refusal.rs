//! A refusal is why an operation was not carried out, in the format and wording of the service.

use bytes::Bytes;
use dynoxide::DynoxideError;
use dynoxide::errors::CancellationReason;
use serde::Serialize;

use super::capacity::shortage::{CapacityKind, Limit, Shortage};
use super::response::StoreResponse;

const TABLE_EXCEEDED: &str = "The level of configured provisioned throughput for the table was exceeded. Consider \
     increasing your provisioning level with the UpdateTable API.";

const INDEX_EXCEEDED: &str = "The level of configured provisioned throughput for one or more global secondary indexes of \
     the table was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary \
     indexes with the UpdateTable API";

const ON_DEMAND_EXCEEDED: &str = "Throughput exceeds the current capacity of your table or index. DynamoDB is \
     automatically scaling your table or index so please try again shortly. If exceptions persist, check if you have a \
     hot key: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html";

const MAXIMUM_EXCEEDED: &str =
    "Throughput exceeds the maximum OnDemandThroughput configured on table or index";

const ACCOUNT_EXCEEDED: &str = "Throughput exceeds the current throughput limit for your account. Please contact AWS Support \
     at https://aws.amazon.com/support request a limit increase";

const PROVISIONED: &str = "com.amazonaws.dynamodb.v20120810#ProvisionedThroughputExceededException";

const REQUEST_LIMIT: &str = "com.amazonaws.dynamodb.v20120810#RequestLimitExceeded";

const THROTTLING: &str = "com.amazon.coral.availability#ThrottlingException";

const IS_HELD: &str = "Transaction is ongoing for the item";

const CONFLICT: &str = r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionConflictException","message":"Transaction is ongoing for the item"}"#;

/// Why an operation was not carried out.
#[derive(Debug)]
pub enum Refusal {
    /// The engine refuses it.
    Engine(DynoxideError),
    /// These tables or indexes have no capacity left.
    Throttled(Vec<Shortage>),
    /// Some of a transaction's actions met an obstacle, so none is carried out. One entry per action.
    Cancelled(Vec<Option<Obstacle>>),
    /// A transaction holds the item.
    Conflict,
    /// The operation is not known.
    UnknownOperation,
    /// The request is not JSON.
    Malformed,
}

/// What keeps an action of a transaction from being carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// A table or an index has no capacity left.
    Short(Shortage),
    /// Another transaction holds its item.
    Conflict,
}

#[derive(Serialize)]
struct Throttle<'a> {
    #[serde(rename = "__type")]
    code: &'static str,
    message: &'static str,
    #[serde(rename = "ThrottlingReasons", skip_serializing_if = "Option::is_none")]
    reasons: Option<Vec<Reason<'a>>>,
    /// The same for the one error that calls them so.
    #[serde(rename = "throttlingReasons", skip_serializing_if = "Option::is_none")]
    small_reasons: Option<Vec<Reason<'a>>>,
}

#[derive(Serialize)]
struct Reason<'a> {
    reason: String,
    resource: &'a str,
}

impl Refusal {
    /// The request is invalid.
    pub fn invalid(message: String) -> Self {
        Self::Engine(DynoxideError::ValidationException(message))
    }

    /// More is asked for than limits allow.
    pub fn limited(message: String) -> Self {
        Self::Engine(DynoxideError::LimitExceededException(message))
    }

    /// The table does not exist, or is being created or deleted.
    pub fn not_found() -> Self {
        Self::Engine(DynoxideError::ResourceNotFoundException("Requested resource not found".to_owned()))
    }

    /// Whether it is for lack of capacity.
    pub fn is_throttle(&self) -> bool {
        match self {
            Self::Throttled(_) => true,
            Self::Cancelled(actions) => {
                actions.iter().flatten().any(|obstacle| matches!(obstacle, Obstacle::Short(_)))
            }
            _ => false,
        }
    }

    /// The response to a request that it refuses, in that region.
    pub fn response(&self, region: &str) -> StoreResponse {
        let (status, body) = match self {
            Self::Engine(error) => (error.status_code(), error.to_json()),
            Self::Throttled(shortages) => (400, throttle(shortages, region)),
            Self::Cancelled(actions) => (400, cancelled(actions).to_json()),
            Self::Conflict => (400, CONFLICT.to_owned()),
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
    let reasons = reasons.map(|(shortage, arn)| Reason { reason: reason(shortage), resource: arn }).collect();
    let first = shortages.first();
    let (code, is_small) = match first {
        Some(Shortage { limit: Limit::Account, .. }) => (REQUEST_LIMIT, false),
        Some(shortage) if shortage.is_on_demand() => (THROTTLING, true),
        _ => (PROVISIONED, false),
    };
    let (reasons, small_reasons) = if is_small { (None, Some(reasons)) } else { (Some(reasons), None) };
    let message = first.map_or(TABLE_EXCEEDED, message);
    serde_json::to_string(&Throttle { code, message, reasons, small_reasons }).unwrap_or_default()
}

/// The service's words for a shortage.
pub fn message(shortage: &Shortage) -> &'static str {
    match (shortage.limit, &shortage.index) {
        (Limit::Maximum, _) => MAXIMUM_EXCEEDED,
        (Limit::Account, _) => ACCOUNT_EXCEEDED,
        (Limit::Partition { on_demand: true }, _) => ON_DEMAND_EXCEEDED,
        (_, Some(_)) => INDEX_EXCEEDED,
        (_, None) => TABLE_EXCEEDED,
    }
}

/// The code of a shortage where statements of a batch are told of theirs.
pub fn code_in_batch(shortage: &Shortage) -> &'static str {
    match shortage.limit {
        Limit::Account => "RequestLimitExceeded",
        _ if shortage.is_on_demand() => "ThrottlingError",
        _ => "ProvisionedThroughputExceeded",
    }
}

fn reason(shortage: &Shortage) -> String {
    let place = if shortage.index.is_some() { "Index" } else { "Table" };
    let kind = match shortage.kind {
        CapacityKind::Read => "Read",
        CapacityKind::Write => "Write",
    };
    let limit = match shortage.limit {
        Limit::Provisioned => "ProvisionedThroughputExceeded",
        Limit::Partition { .. } => "KeyRangeThroughputExceeded",
        Limit::Maximum => "MaxOnDemandThroughputExceeded",
        Limit::Account => "AccountLimitExceeded",
    };
    format!("{place}{kind}{limit}")
}

fn cancelled(actions: &[Option<Obstacle>]) -> DynoxideError {
    let code = |obstacle: &Option<Obstacle>| match obstacle {
        None => "None",
        Some(Obstacle::Conflict) => "TransactionConflict",
        Some(Obstacle::Short(shortage)) if shortage.is_on_demand() => "ThrottlingError",
        Some(Obstacle::Short(_)) => "ProvisionedThroughputExceeded",
    };
    let words = |obstacle: &Obstacle| match obstacle {
        Obstacle::Conflict => IS_HELD,
        Obstacle::Short(shortage) => message(shortage),
    };
    let codes: Vec<&str> = actions.iter().map(code).collect();
    let reasons = actions.iter().map(|obstacle| CancellationReason {
        code: code(obstacle).to_owned(),
        message: obstacle.as_ref().map(|obstacle| words(obstacle).to_owned()),
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
