//! Advise arguments name a record and the format of the advice.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_report::Format;

use super::report::format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd advise results/prime-day
  flashcrowd advise results/prime-day --lang ko
  flashcrowd advise results/prime-day --format json | jq -r .support_case.text

The text for the operator has at most 300 characters; title and text of the support case together
have at most 200. Every number in them comes from the record.

Exit codes: 0 success; 255 the record does not exist or could not be read.";

/// `advise`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AdviseArgs {
    /// A folder written by run --record
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// text, with character counts, or json: {operator, support_case: {title, text}}
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = format(&["text", "json"]))]
    pub format: Format,
}
