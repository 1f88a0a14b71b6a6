//! Settings are what running virtual users need of a test's resolved options.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_metrics::TagSet;

use crate::options::HttpDebug;

/// What running virtual users need to know.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Tags that are on.
    pub system_tags: SystemTags,
    /// Whether failed requests throw.
    pub throw: bool,
    /// Whether bodies are dropped unless a request asks for its own.
    pub discard_response_bodies: bool,
    /// How many redirects a request follows.
    pub max_redirects: u32,
    /// How many requests of one batch run at once.
    pub batch: usize,
    /// How many of them to one host.
    pub batch_per_host: usize,
    /// Whether cookies stay from one iteration to the next.
    pub no_cookies_reset: bool,
    /// Whether connections are closed after each iteration.
    pub no_vu_connection_reuse: bool,
    /// Requests per second over the whole process, if limited.
    pub rps: Option<u32>,
    /// Whether requests and responses are logged, and how much of them.
    pub http_debug: Option<HttpDebug>,
    /// How the HTTP client behaves.
    pub http: Arc<Shared>,
    /// Tags of every sample of the run.
    pub run_tags: TagSet,
    /// The consolidated options, for `exec.test.options`.
    pub options: serde_json::Value,
    /// How long setup may take.
    pub setup_timeout: Duration,
    /// How long teardown may take.
    pub teardown_timeout: Duration,
    /// How long handleSummary may take.
    pub handle_summary_timeout: Duration,
}
