//! The mode of the summary says how much of the results is printed, and in which form.

use std::str::FromStr;

use super::style::Style;
use super::{legacy, summary};
use flashcrowd_record::Results;

/// How much of the results is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SummaryMode {
    /// The metrics that matter most.
    #[default]
    Compact,
    /// All metrics, and those of each group and scenario.
    Full,
    /// One list of all metrics, as before k6 1.0.
    Legacy,
    /// Nothing.
    Disabled,
}

/// A mode that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown summary mode '{0}': use compact, full, legacy or disabled")]
pub struct UnknownMode(pub String);

impl FromStr for SummaryMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        Ok(match text {
            "compact" => Self::Compact,
            "full" => Self::Full,
            "legacy" => Self::Legacy,
            "disabled" => Self::Disabled,
            _ => return Err(UnknownMode(text.to_owned())),
        })
    }
}

/// The summary of a run. It starts with an empty line and ends with the end of a line, unless it is empty.
pub fn render(results: &Results, mode: SummaryMode, style: Style) -> String {
    let lines = match mode {
        SummaryMode::Compact => summary::lines(results, false, style),
        SummaryMode::Full => summary::lines(results, true, style),
        SummaryMode::Legacy => legacy::lines(results, style),
        SummaryMode::Disabled => return String::new(),
    };
    if lines.is_empty() {
        return String::new();
    }
    format!("\n{}\n", lines.join("\n"))
}
