//! Settings are what running virtual users need of a test's resolved options.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_metrics::TagSet;
use flashcrowd_test::{HttpDebug, Options};

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
    /// How long the top level may take.
    pub init_timeout: Duration,
    /// How long setup may take.
    pub setup_timeout: Duration,
    /// How long teardown may take.
    pub teardown_timeout: Duration,
    /// How long handleSummary may take.
    pub handle_summary_timeout: Duration,
}

impl Settings {
    /// What running virtual users need of these options.
    pub fn of(options: &Options, http: Arc<Shared>) -> Self {
        Self {
            system_tags: options.system_tag_set(),
            throw: options.throw(),
            discard_response_bodies: options.discard_response_bodies(),
            max_redirects: options.max_redirects(),
            batch: options.batch(),
            batch_per_host: options.batch_per_host(),
            no_cookies_reset: options.no_cookies_reset(),
            no_vu_connection_reuse: options.no_vu_connection_reuse(),
            rps: options.rps(),
            http_debug: options.http_debug(),
            http,
            run_tags: options.run_tags(),
            options: options.to_json(),
            init_timeout: options.init_timeout(),
            setup_timeout: options.setup_timeout(),
            teardown_timeout: options.teardown_timeout(),
            handle_summary_timeout: options.handle_summary_timeout(),
        }
    }
}
