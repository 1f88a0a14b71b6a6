//! A service is where requests go, who sends them and how patiently; all virtual users share one.

use std::sync::Arc;
use std::time::Duration;

use crate::auth::Credentials;
use crate::endpoint::Endpoint;
use crate::quota::SdkRetries;
use crate::retry::Retry;

/// Where requests go, who sends them, and how patiently.
#[derive(Clone)]
pub struct Service {
    /// Where they go.
    pub endpoint: Endpoint,
    /// Who sends them.
    pub credentials: Credentials,
    /// How often they are tried.
    pub retry: Retry,
    /// Whether they are tried again as AWS's SDKs do it, instead of by that policy but for the number of attempts.
    pub sdk: Option<Arc<SdkRetries>>,
    /// How long one attempt may take.
    pub timeout: Duration,
}
