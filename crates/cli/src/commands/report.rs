//! `report` makes a report from a record.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_record::Record;
use flashcrowd_report::{Format, Report, answer_of, render};
use flashcrowd_text::Lang;

use crate::args::format;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  flashcrowd report results/black-friday                    print to the terminal
  flashcrowd report results/black-friday -o report.html     one HTML file, to share
  flashcrowd report results/black-friday --lang ko -o report.md
  flashcrowd report results/nightly --format md >> \"$GITHUB_STEP_SUMMARY\"
  flashcrowd report results/nightly --exit-code -o junit.xml

Even a run that was killed can be reported on, up to where its record ends. The report marks it as
interrupted.

Exit codes: 0 the report was made, whatever the verdict; with --exit-code, 99 the verdict is fail,
120 it is not measurable; 255 the record does not exist or could not be read, or the report could not be written.";

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
    /// Exit with code 99 if the verdict is fail, and with 120 if it is not measurable
    #[arg(long)]
    pub exit_code: bool,
}

/// Makes the report. With `--exit-code`, the verdict decides the exit code.
pub fn run(context: &Context, args: &ReportArgs) -> Result<(), Failure> {
    let report = Report::of(Record::read(&args.record).map_err(anyhow::Error::new)?);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render(&report, format, output.layout(context));
    output.write(&context.console, &text)?;
    let verdict = report.judgement.verdict;
    let failed = args.exit_code && verdict.is_failure();
    if failed { Err(Failure::Judged(verdict, answer_of(Lang::En, &report))) } else { Ok(()) }
}
