//! Compare arguments name two records, and the difference between them that is a failure.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use flashcrowd_report::Format;

use super::report::format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd compare results/monday results/tuesday
  flashcrowd compare results/mine results/colleague --format md
  flashcrowd compare baseline results/nightly --fail-on regression -o comparison.md

The second record is compared with the first. A difference counts only if it exceeds the noise.

Exit codes: 0 the records were compared; 99 with --fail-on regression, something got worse;
255 a record does not exist or could not be read, or the comparison could not be written.";

/// `compare`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The record before the change
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The record after the change
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// Exit with code 99 if there is such a difference
    #[arg(long, value_name = "DIFFERENCE")]
    pub fail_on: Option<Difference>,
    /// The output format [default: from the extension of --output, else text]
    #[arg(long, value_name = "FORMAT", value_parser = format(&["text", "md", "json"]))]
    pub format: Option<Format>,
    /// The file to write; - for standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A difference that can count as a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Difference {
    /// Something got worse by more than noise
    Regression,
}
