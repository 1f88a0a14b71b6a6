//! The state of a run as all threads see it: what is counted, and whether it goes on.

mod board;
mod control;
mod elsewhere;
mod pause;
mod played;
mod scenario_time;

pub(crate) use board::{Board, Counts};
pub use board::{IterationCounts, ScenarioProgress, ScenarioState, Stalls};
pub use control::Control;
pub use elsewhere::Elsewhere;
pub use played::Played;
pub(crate) use scenario_time::ScenarioTime;
