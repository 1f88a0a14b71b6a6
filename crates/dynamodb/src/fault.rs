//! A fault is why a call did not succeed, classified by its code: DynamoDB answers 400 to bugs and throttles alike.

use flashcrowd_http::{ErrorCode, HttpError};
use thiserror::Error;

/// The code of an answer whose checksum is another than its body's.
const WRONG_CHECKSUM: &str = "WrongChecksum";

/// Why a call, or an attempt of one, did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{code}: {message}")]
pub struct Fault {
    /// What it means.
    pub kind: FaultKind,
    /// The code, such as `ProvisionedThroughputExceededException`; of the network, such as `1212`.
    pub code: String,
    /// The service's words.
    pub message: String,
    /// Why it was throttled, where the service says so.
    pub reasons: Vec<ThrottlingReason>,
    /// Why a transaction was cancelled, one for each of its actions.
    pub cancellations: Vec<Cancellation>,
}

/// What a fault means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// Too much was asked for: back off and try again. Transactions that were cancelled for it, too.
    Throttled,
    /// Another transaction has the item: try again.
    Conflict,
    /// A condition was not met, also one of a transaction.
    Conditional,
    /// The credentials are missing, wrong, expired, for another region or not allowed to.
    Denied,
    /// The table, or its index, is not there.
    NotFound,
    /// The request is wrong.
    Invalid,
    /// The service does not know the operation.
    Unknown,
    /// The service failed: what became of a write is not known.
    Server,
    /// No answer came: refused, reset, lost or too late. What became of a write is not known.
    Network,
    /// What came is no answer of DynamoDB's.
    Unreadable,
    /// The table is being changed, or limits of the control plane are reached.
    Busy,
}

/// Why something was throttled.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ThrottlingReason {
    /// Such as `TableWriteProvisionedThroughputExceeded`.
    pub reason: String,
    /// The ARN of the table or index.
    pub resource: String,
}

/// Why one action of a transaction was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// Such as `ConditionalCheckFailed`; `None` for an action that is not to blame.
    pub code: String,
    /// The service's words.
    pub message: Option<String>,
}

impl Fault {
    /// A fault of that kind, without reasons.
    pub fn new(kind: FaultKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (code, message) = (code.into(), message.into());
        Self { kind, code, message, reasons: Vec::new(), cancellations: Vec::new() }
    }

    /// What came is no answer of DynamoDB's.
    pub fn unreadable(what: &str) -> Self {
        Self::new(FaultKind::Unreadable, "UnreadableAnswer", what)
    }

    /// The body of an answer is another than the service sent.
    pub(crate) fn wrong_checksum() -> Self {
        Self::new(FaultKind::Unreadable, WRONG_CHECKSUM, "the answer was changed on its way")
    }

    /// No answer came.
    pub(crate) fn network(error: &HttpError) -> Self {
        let kind = match error.code {
            ErrorCode::INVALID_URL => FaultKind::Invalid,
            _ => FaultKind::Network,
        };
        Self::new(kind, error.code.to_string(), error.message.clone())
    }

    /// Whether the same call may go well if it is tried again.
    pub fn may_pass(&self) -> bool {
        match self.kind {
            FaultKind::Throttled | FaultKind::Conflict | FaultKind::Server | FaultKind::Network => true,
            FaultKind::Unreadable => self.code == WRONG_CHECKSUM,
            FaultKind::Conditional
            | FaultKind::Denied
            | FaultKind::NotFound
            | FaultKind::Invalid
            | FaultKind::Unknown
            | FaultKind::Busy => false,
        }
    }

    /// Whether nobody listens at the endpoint, or there is no such host.
    pub(crate) fn is_refused(&self) -> bool {
        self.kind == FaultKind::Network && ["1101", "1212"].contains(&self.code.as_str())
    }

    /// Whether the credentials were good once.
    pub(crate) fn is_expiry(&self) -> bool {
        self.kind == FaultKind::Denied && self.code.starts_with("ExpiredToken")
    }

    /// Why it was throttled, in a word: the service's reason, of a transaction the code of its first action that was
    /// throttled, else the fault's code.
    pub fn throttled_by(&self) -> &str {
        let cancellation = || self.cancellations.iter().find(|action| action.is_throttle());
        match self.reasons.first() {
            Some(reason) => &reason.reason,
            None => cancellation().map_or(&self.code, |action| &action.code),
        }
    }

    /// What to do about it, where the fault's own words do not say so.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            FaultKind::Denied => Some(denied_hint(&self.code)),
            FaultKind::NotFound => {
                Some("check the region and the prefix of the tables, or make the tables first")
            }
            FaultKind::Unknown => Some("this endpoint does not have that operation: use one that has"),
            FaultKind::Unreadable => {
                Some("check that the endpoint's URL is one of DynamoDB and not of a proxy or a website")
            }
            FaultKind::Network if self.message.starts_with("proxyconnect") => Some(
                "the proxy that HTTP_PROXY or HTTPS_PROXY names cannot be reached: check it, or set NO_PROXY for this host",
            ),
            FaultKind::Network => network_hint(&self.code),
            FaultKind::Busy => Some("wait until the tables are active, then try again"),
            _ => None,
        }
    }
}

impl Cancellation {
    /// Whether the action was throttled.
    pub fn is_throttle(&self) -> bool {
        matches!(self.code.as_str(), "ProvisionedThroughputExceeded" | "ThrottlingError")
    }
}

impl FaultKind {
    /// What a code means; an unknown one is judged by the status.
    pub fn of(code: &str, status: u16, cancellations: &[Cancellation]) -> Self {
        match code {
            "ProvisionedThroughputExceededException"
            | "Throttling"
            | "ThrottlingException"
            | "ThrottledException"
            | "RequestThrottled"
            | "RequestThrottledException"
            | "TooManyRequestsException"
            | "RequestLimitExceeded"
            | "BandwidthLimitExceeded"
            | "SlowDown"
            | "PriorRequestNotComplete"
            | "EC2ThrottledException" => Self::Throttled,
            "TransactionCanceledException" => Self::of_cancellations(cancellations),
            "TransactionConflictException"
            | "TransactionInProgressException"
            | "ReplicatedWriteConflictException" => Self::Conflict,
            "ConditionalCheckFailedException" => Self::Conditional,
            "ExpiredTokenException"
            | "ExpiredToken"
            | "RequestExpired"
            | "UnrecognizedClientException"
            | "InvalidClientTokenId"
            | "InvalidSignatureException"
            | "SignatureDoesNotMatch"
            | "IncompleteSignatureException"
            | "IncompleteSignature"
            | "MissingAuthenticationTokenException"
            | "MissingAuthenticationToken"
            | "AccessDeniedException"
            | "AccessDenied"
            | "NotAuthorized"
            | "OptInRequired" => Self::Denied,
            "ResourceNotFoundException" | "TableNotFoundException" | "IndexNotFoundException" => {
                Self::NotFound
            }
            "UnknownOperationException" | "UnknownOperation" => Self::Unknown,
            "ResourceInUseException" | "TableInUseException" | "LimitExceededException" => Self::Busy,
            _ => Self::of_status(status),
        }
    }

    fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            429 => Self::Throttled,
            408 | 500.. => Self::Server,
            _ => Self::Invalid,
        }
    }

    /// A condition that failed once fails again, and a wrong action stays wrong, whatever befell the others.
    fn of_cancellations(cancellations: &[Cancellation]) -> Self {
        let has = |code: &str| cancellations.iter().any(|action| action.code == code);
        if has("ConditionalCheckFailed") {
            return Self::Conditional;
        }
        let passes = |action: &Cancellation| {
            action.is_throttle() || matches!(action.code.as_str(), "None" | "TransactionConflict")
        };
        if !cancellations.iter().all(passes) {
            return Self::Invalid;
        }
        match cancellations.iter().any(Cancellation::is_throttle) {
            true => Self::Throttled,
            false if has("TransactionConflict") => Self::Conflict,
            false => Self::Invalid,
        }
    }
}

fn denied_hint(code: &str) -> &'static str {
    match code {
        "ExpiredTokenException" | "ExpiredToken" => {
            "the credentials have expired: renew them, such as by `aws sso login`, and start again"
        }
        "UnrecognizedClientException" | "InvalidClientTokenId" => {
            "the access key is not known there: check the profile and the region; temporary keys need their session token"
        }
        "InvalidSignatureException"
        | "SignatureDoesNotMatch"
        | "IncompleteSignatureException"
        | "RequestExpired" => {
            "check that the secret belongs to the access key, the region, and this machine's clock"
        }
        "MissingAuthenticationTokenException" | "MissingAuthenticationToken" => {
            "the endpoint wants signed requests: give credentials, such as by `aws configure`"
        }
        "OptInRequired" => "the region is not enabled for this account: enable it, or take another",
        _ => {
            "the credentials are good, but not for this: allow them this operation on these tables; what each command needs \
             is in docs/dynamodb.md"
        }
    }
}

fn network_hint(code: &str) -> Option<&'static str> {
    match code.parse::<u16>().ok()? {
        ErrorCode::DNS | ErrorCode::NO_SUCH_HOST => {
            Some("there is no such host: check the region or the endpoint's URL")
        }
        ErrorCode::DIAL_REFUSED => {
            Some("nobody listens at the endpoint: check its URL, and whether it is still up")
        }
        ErrorCode::DIAL | ErrorCode::DIAL_TIMEOUT => {
            Some("the endpoint is out of reach: check its URL and the network")
        }
        ErrorCode::UNKNOWN_CA | ErrorCode::HOSTNAME => {
            Some("the endpoint's certificate is not to be trusted")
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cancelled(codes: &[&str]) -> FaultKind {
        let action = |code: &&str| Cancellation { code: (*code).to_owned(), message: None };
        let actions: Vec<_> = codes.iter().map(action).collect();
        FaultKind::of("TransactionCanceledException", 400, &actions)
    }

    #[test]
    fn a_transaction_is_what_its_actions_are() {
        assert_eq!(cancelled(&["None", "ProvisionedThroughputExceeded"]), FaultKind::Throttled);
        assert_eq!(cancelled(&["ThrottlingError", "TransactionConflict"]), FaultKind::Throttled);
        assert_eq!(cancelled(&["None", "TransactionConflict"]), FaultKind::Conflict);
        assert_eq!(cancelled(&["ThrottlingError", "ConditionalCheckFailed"]), FaultKind::Conditional);
        assert_eq!(cancelled(&["ThrottlingError", "ValidationError"]), FaultKind::Invalid);
        assert_eq!(cancelled(&["None", "ItemCollectionSizeLimitExceeded"]), FaultKind::Invalid);
        assert_eq!(cancelled(&[]), FaultKind::Invalid);
    }

    #[test]
    fn codes_decide_before_the_status() {
        let of = |code, status| FaultKind::of(code, status, &[]);
        assert_eq!(of("ThrottlingException", 400), FaultKind::Throttled);
        assert_eq!(of("ThrottlingException", 503), FaultKind::Throttled);
        assert_eq!(of("ValidationException", 400), FaultKind::Invalid);
        assert_eq!(of("LimitExceededException", 400), FaultKind::Busy);
        assert_eq!(of("InternalServerError", 500), FaultKind::Server);
        assert_eq!(of("SomethingNew", 503), FaultKind::Server);
        assert_eq!(of("SomethingNew", 400), FaultKind::Invalid);
        assert_eq!(of("SomethingNew", 403), FaultKind::Denied);
    }

    #[test]
    fn throttles_have_a_reason_in_a_word() {
        let mut fault = Fault::new(FaultKind::Throttled, "ThrottlingException", "slow down");
        assert_eq!(fault.throttled_by(), "ThrottlingException");
        let action = |code: &str| Cancellation { code: code.to_owned(), message: None };
        fault.cancellations = vec![action("None"), action("ThrottlingError")];
        assert_eq!(fault.throttled_by(), "ThrottlingError");
        let reason = "TableReadProvisionedThroughputExceeded".to_owned();
        fault.reasons = vec![ThrottlingReason { reason: reason.clone(), resource: String::new() }];
        assert_eq!(fault.throttled_by(), reason);
    }

    #[test]
    fn a_proxy_that_refuses_is_no_endpoint_that_does() {
        let hint = |message: &str| Fault::new(FaultKind::Network, "1212", message).hint().unwrap();
        assert!(hint("proxyconnect tcp: dial: connection refused").contains("HTTPS_PROXY"));
        assert!(hint("dial: connection refused").contains("nobody listens at the endpoint"));
    }

    #[test]
    fn denials_say_what_to_do() {
        for (code, word) in [
            ("ExpiredTokenException", "expired"),
            ("UnrecognizedClientException", "region"),
            ("InvalidSignatureException", "clock"),
            ("MissingAuthenticationTokenException", "credentials"),
            ("AccessDeniedException", "allow"),
            ("OptInRequired", "enable"),
        ] {
            let kind = FaultKind::of(code, 400, &[]);
            let fault = Fault::new(kind, code, "no");
            assert_eq!(kind, FaultKind::Denied, "{code}");
            assert!(!fault.may_pass(), "{code}");
            assert!(fault.hint().is_some_and(|hint| hint.contains(word)), "{code}: {:?}", fault.hint());
        }
    }
}
