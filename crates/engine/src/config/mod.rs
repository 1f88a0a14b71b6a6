//! The configuration of a test's scenarios: how it is read, checked, written and described.

mod fields;
mod problem;
mod scenario;
mod shortcut;

pub(crate) use fields::Fields;
pub use problem::{Problem, Problems};
pub use scenario::{ScenarioConfig, needs, parse_scenarios};
pub use shortcut::shortcut;
