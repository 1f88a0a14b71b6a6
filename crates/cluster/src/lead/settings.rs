//! How a run is led.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_test::Log;

use crate::placement::Placement;

/// What happens to a run that loses an agent. Its verdict is that it cannot be measured, either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnLoss {
    /// It ends.
    #[default]
    Abort,
    /// It goes on with the other agents.
    Continue,
}

/// How a run is led.
pub struct LeadSettings {
    /// How many agents make the load.
    pub agents: usize,
    /// How long agents may take to join.
    pub join_within: Duration,
    /// What happens when one is lost.
    pub on_loss: OnLoss,
    /// What agents get to run.
    pub test: Vec<u8>,
    /// Who starts agents.
    pub placement: Box<dyn Placement>,
    /// Where messages go.
    pub log: Arc<dyn Log>,
}
