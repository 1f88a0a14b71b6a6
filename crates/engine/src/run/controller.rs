//! A controller steers a run: it looks at every tick and decides whether the run goes on.

use super::observer::{RunEvent, Tick};
use crate::abort::AbortReason;

/// What is to happen to the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Decision {
    /// It goes on.
    #[default]
    Continue,
    /// It ends, for this reason. Of several reasons the first one stays.
    Abort(AbortReason),
}

/// Steers a run.
pub trait Controller {
    /// Something happened.
    fn on_event(&mut self, _event: &RunEvent) {}

    /// A second has passed, or the run is over: then an abort changes nothing but the reason in its result.
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision;
}
