//! Compare arguments name two records, and which difference between them is a failure.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use flashcrowd_report::Format;

use super::report::format;

const EXAMPLES: &str = "\
Examples:
  flashcrowd compare results/monday results/tuesday
  flashcrowd compare results/mine results/colleague --format md
  flashcrowd compare baseline results/nightly --fail-on regression -o comparison.md

The second record is measured by the first. A difference counts only when it is more than noise.

Exit codes: 0 they were compared; 99 with --fail-on regression, something became worse;
255 there is no record, or it could not be read, or the comparison not be written.";

/// `compare`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct CompareArgs {
    /// The record before the change
    #[arg(value_name = "A")]
    pub before: PathBuf,
    /// The record after it
    #[arg(value_name = "B")]
    pub after: PathBuf,
    /// End with exit code 99 when there is one
    #[arg(long, value_name = "DIFFERENCE")]
    pub fail_on: Option<Difference>,
    /// How it is shown; by default what the ending of --output says, else text
    #[arg(long, value_name = "FORMAT", value_parser = format(&["text", "md", "json"]))]
    pub format: Option<Format>,
    /// Where it is written; standard output by default, and for -
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A difference that can be a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Difference {
    /// Something became worse by more than noise
    Regression,
}
