//! The configuration of a test's scenarios: how it is read, checked, written and described.

mod phase;
mod scenario;
mod shortcut;

pub use phase::{Phase, phases};
pub use scenario::{ScenarioConfig, needs, parse_scenarios};
pub use shortcut::shortcut;

pub use crate::problem::{Problem, Problems};
