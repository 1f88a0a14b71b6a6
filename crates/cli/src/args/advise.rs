//! Advise arguments name a record, and how the advice is printed.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_report::Format;

use super::report::format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd advise results/prime-day
  flashcrowd advise results/prime-day --lang ko
  flashcrowd advise results/prime-day --format json | jq -r .support_case.text

The operator's text has at most 300 characters, title and text of the support case have 200 together.
Every number in them is one of the record.

Exit codes: 0 fine; 255 there is no record, or it could not be read.";

/// `advise`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AdviseArgs {
    /// The folder that run --record has kept
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// text, with the characters counted, or json: {operator, support_case: {title, text}}
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format(&["text", "json"]))]
    pub format: Format,
}
