//! k6's end-of-test summary, made of a run's results.
//!
//! [`render`] prints it line by line as k6 does, since people grep it and paste it; [`handle_summary()`],
//! [`summary_export`] and [`machine_summary`] are its data for programs.

mod checks;
mod columns;
mod legacy;
mod mode;
mod sections;
mod shown;
mod style;
mod summary;
mod thresholds;
mod value;

mod export;
mod handle_summary;
mod machine;

pub use export::summary_export;
pub use handle_summary::{Terminal, handle_summary};
pub use machine::machine_summary;
pub use mode::{SummaryMode, UnknownMode, render};
pub use style::Style;
