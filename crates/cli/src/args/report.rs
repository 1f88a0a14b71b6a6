//! Report arguments name a record and the document to make from it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use flashcrowd_report::Format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd report results/black-friday                    print to the terminal
  flashcrowd report results/black-friday -o report.html     one HTML file, to share
  flashcrowd report results/black-friday --lang ko -o report.md
  flashcrowd report results/nightly --format md >> \"$GITHUB_STEP_SUMMARY\"
  flashcrowd report results/nightly --exit-code -o junit.xml

Even a run that was killed can be reported on, up to where its record ends. The report marks it as
interrupted.

Exit codes: 0 the report was made, whatever the verdict; 99 with --exit-code, the verdict is fail;
255 the record does not exist or could not be read, or the report could not be written.";

/// `report`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// A folder written by run --record
    #[arg(value_name = "RECORD")]
    pub record: PathBuf,
    /// The format of the report [default: from the extension of --output, else text]
    #[arg(long, value_name = "FORMAT", value_parser = format(&["html", "md", "json", "junit", "text"]))]
    pub format: Option<Format>,
    /// The file to write; - for standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Exit with code 99 if the verdict is fail
    #[arg(long)]
    pub exit_code: bool,
}

/// One of these formats.
pub(super) fn format(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Format>())
}
