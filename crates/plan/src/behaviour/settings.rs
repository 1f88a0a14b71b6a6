//! The settings of a plan's behaviour come from outside of the plan: the HTTP client, tags and metrics.

use std::sync::Arc;

use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_metrics::{Registry, TagSet};
use flashcrowd_test::Log;

/// What a plan's behaviour needs besides the plan.
#[derive(Clone)]
pub struct PlanSettings {
    /// How the HTTP client behaves.
    pub http: Arc<Shared>,
    /// Tags that are on.
    pub system_tags: SystemTags,
    /// Tags of every sample of the run.
    pub run_tags: TagSet,
    /// Where metrics of the plan's own are defined.
    pub registry: Registry,
    /// Where messages go.
    pub log: Arc<dyn Log>,
}
