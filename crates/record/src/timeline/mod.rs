//! The timeline of a record: its lines, and which of their series people asked to see.

mod charted;
mod line;

pub use charted::{is_meant, nearest_series, only_grows};
pub use line::{ProcessUse, ScenarioProgress, TimelineLine, TimelineRow, WorkersUse};
