//! A controller steers a run: after every tick it decides whether the run continues.

use super::observer::{RunEvent, Tick};
use crate::abort::AbortReason;

/// What a controller decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// The run continues.
    #[default]
    Continue,
    /// The run ends for this reason. The first reason given is the one reported.
    Abort(AbortReason),
}

/// Steers a run.
pub trait Controller {
    /// Called for every event.
    fn on_event(&mut self, _event: &RunEvent) {}

    /// Called once a second and at the end of the run. At the end, an abort only sets the reason in the result.
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision;
}
