//! A service is where requests go, who sends them and how patiently; all virtual users share one.

use std::time::Duration;

use crate::auth::Credentials;
use crate::endpoint::Endpoint;
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
    /// How long one attempt may take.
    pub timeout: Duration,
}
