//! A quota of retries, as AWS's SDKs keep one: a client that has spent it gives up at once.
//!
//! In their standard mode, all calls of a client share 500 tokens. A retry after a throttle takes 5, after another failure
//! 14; a call that succeeds gives back what its last retry took, or one if it took none. Under a load that is throttled
//! for long, tokens run out, and calls fail without another attempt.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::fault::{Fault, FaultKind};
use crate::retry::Retry;

/// Tokens of a client at first, and at most.
const TOKENS: u32 = 500;

/// What a retry takes after a throttle.
const THROTTLE: u32 = 5;

/// What it takes after any other failure.
const FAILURE: u32 = 14;

/// What a call gives back that needed no retry.
const GIVEN_BACK: u32 = 1;

/// Codes after which the SDKs wait as after a throttle.
const THROTTLES: [&str; 14] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "RequestThrottled",
    "SlowDown",
    "PriorRequestNotComplete",
    "EC2ThrottledException",
];

/// The retries of AWS's SDKs in their standard mode, with the quota of one client.
#[derive(Debug)]
pub struct SdkRetries {
    tokens: Mutex<u32>,
}

impl Default for SdkRetries {
    fn default() -> Self {
        Self { tokens: Mutex::new(TOKENS) }
    }
}

impl SdkRetries {
    /// Attempts of a call to DynamoDB at most.
    pub const ATTEMPTS: u32 = 4;

    /// The policy by which those are tried again that are: after throttles; the longest wait is doubled with each.
    pub const AFTER_THROTTLES: Retry =
        Retry { attempts: Self::ATTEMPTS, base: Duration::from_secs(1), cap: Duration::from_secs(20) };

    /// What one retry after a fault takes, and the longest wait before it; none if there is none after such a fault.
    fn cost(fault: &Fault) -> Option<(u32, Duration)> {
        match fault.kind {
            _ if THROTTLES.contains(&fault.code.as_str()) => Some((THROTTLE, Self::AFTER_THROTTLES.base)),
            // Transactions that were cancelled are the application's to try again, whatever the reasons.
            FaultKind::Network | FaultKind::Server => Some((FAILURE, Duration::from_millis(25))),
            FaultKind::Unreadable if fault.may_pass() => Some((FAILURE, Duration::from_millis(25))),
            _ => None,
        }
    }

    /// The wait before another attempt after so many, for which tokens are taken; none if there is none. `taken` is what
    /// the call took last.
    pub(crate) fn wait(
        &self,
        fault: &Fault,
        (attempts, most): (u32, u32),
        (draw, asked): (f64, Option<Duration>),
        taken: &mut Option<u32>,
    ) -> Option<Duration> {
        let (cost, base) = Self::cost(fault)?;
        let wait = Retry { attempts: most, base, ..Self::AFTER_THROTTLES }.wait(attempts, draw, asked)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *tokens = tokens.checked_sub(cost)?;
        *taken = Some(cost);
        Some(wait)
    }

    /// Gives back what a call took that succeeded.
    pub(crate) fn succeeded(&self, taken: Option<u32>) {
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        *tokens = (*tokens + taken.unwrap_or(GIVEN_BACK)).min(TOKENS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(kind: FaultKind, code: &str) -> Fault {
        Fault::new(kind, code, "no")
    }

    fn throttle() -> Fault {
        fault(FaultKind::Throttled, "ProvisionedThroughputExceededException")
    }

    fn retried(retries: &SdkRetries, fault: &Fault) -> bool {
        retries.wait(fault, (1, SdkRetries::ATTEMPTS), (1.0, None), &mut None).is_some()
    }

    #[test]
    fn a_hundred_throttles_in_a_row_spend_the_quota() {
        let retries = SdkRetries::default();
        assert_eq!((0..1_000).filter(|_| retried(&retries, &throttle())).count(), 100);
        // What succeeds at once gives back one token: five of these are worth a retry.
        (0..5).for_each(|_| retries.succeeded(None));
        assert!(retried(&retries, &throttle()) && !retried(&retries, &throttle()));
        let other = SdkRetries::default();
        assert_eq!((0..1_000).filter(|_| retried(&other, &fault(FaultKind::Network, "1212"))).count(), 35);
    }

    #[test]
    fn what_a_retry_took_comes_back_with_success_and_never_more() {
        let retries = SdkRetries::default();
        let mut taken = None;
        assert!(retries.wait(&throttle(), (1, 4), (0.5, None), &mut taken).is_some());
        assert_eq!(taken, Some(5));
        retries.succeeded(taken);
        (0..10).for_each(|_| retries.succeeded(None));
        assert_eq!(*retries.tokens.lock().unwrap(), 500);
    }

    #[test]
    fn waits_are_those_of_the_standard_mode() {
        let retries = SdkRetries::default();
        let wait = |fault: &Fault, attempts| {
            retries.wait(fault, (attempts, 4), (1.0, None), &mut None).map(|wait| wait.as_millis())
        };
        assert_eq!(
            [1, 2, 3, 4].map(|attempts| wait(&throttle(), attempts)),
            [Some(1_000), Some(2_000), Some(4_000), None]
        );
        assert_eq!(wait(&fault(FaultKind::Server, "InternalServerError"), 2), Some(50));
        for code in ["TransactionCanceledException", "TransactionConflictException", "ValidationException"] {
            let kind = if code.starts_with("TransactionCanceled") {
                FaultKind::Throttled
            } else {
                FaultKind::Conflict
            };
            assert_eq!(wait(&fault(kind, code), 1), None, "{code}");
        }
    }
}
