//! The end-of-test summary in text, line by line as k6 prints it, since people grep it and paste it.

mod checks;
mod columns;
mod legacy;
mod mode;
mod sections;
mod shown;
mod style;
mod summary;
mod thresholds;

pub use mode::{SummaryMode, UnknownMode, render};
pub use style::Style;
