//! Where a run stands that other processes make.

use std::time::Duration;

use super::{ScenarioProgress, Stalls};

/// Where a run stands that other processes make; it takes the place of this process's own counts.
#[derive(Clone, Debug, Default)]
pub struct Elsewhere {
    /// Where all scenarios stand.
    pub scenarios: Vec<ScenarioProgress>,
    /// Active virtual users.
    pub vus_active: u64,
    /// Virtual users that are initialized.
    pub vus_initialized: u64,
    /// How long the worker that stood still most did so.
    pub stalls: Stalls,
    /// How long the run has lasted, of one that is told afterwards; none where this process's clock says so.
    pub elapsed: Option<Duration>,
}
