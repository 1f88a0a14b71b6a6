//! A run over several processes: its parts wait for each other, and one process sees them as one run.

mod gate;
mod stages;
mod whole;

pub use gate::{Begin, Gate};
pub use stages::Stages;
pub use whole::{Ended, Whole};
