//! Report arguments name a record, and the document to make of it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use flashcrowd_report::Format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd report results/black-friday                    on the terminal
  flashcrowd report results/black-friday -o report.html     one page, to send to others
  flashcrowd report results/black-friday --lang ko -o report.md
  flashcrowd report results/nightly --format md >> \"$GITHUB_STEP_SUMMARY\"
  flashcrowd report results/nightly --exit-code -o junit.xml

The record of a run that was killed is reported too, as far as it goes, and marked as cut short.

Exit codes: 0 the report was made, whatever the verdict; 99 with --exit-code, the verdict is fail;
255 there is no record, or it could not be read, or the report not be written.";

/// `report`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// The folder that run --record has kept
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// What is made of it; by default what the ending of --output says, else text
    #[arg(long, value_name = "FORMAT", value_parser = format(&["html", "md", "json", "junit", "text"]))]
    pub format: Option<Format>,
    /// Where it is written; standard output by default, and for -
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// End with exit code 99 when the verdict is fail
    #[arg(long)]
    pub exit_code: bool,
}

/// One of these formats.
pub(super) fn format(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Format>())
}
