//! `report` makes a report from a record.

use std::path::PathBuf;

use clap::Args;
use flashcrowd_record::{Mark, MetricResult, Record, Verdict};
use flashcrowd_report::{Format, Report, render};
use flashcrowd_session::Failure as RunFailure;

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

/// Makes the report. With `--exit-code`, the verdict decides the exit code.
pub fn run(context: &Context, args: &ReportArgs) -> Result<(), Failure> {
    let report = Report::of(Record::read(&args.record).map_err(anyhow::Error::new)?);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render(&report, format, output.layout(context));
    output.write(&context.console, &text)?;
    if args.exit_code && report.judgement.verdict == Verdict::Fail { Err(reason(&report)) } else { Ok(()) }
}

/// Why the verdict is fail.
fn reason(report: &Report) -> Failure {
    let expectations = report.judgement.expectations.iter().filter(|one| one.result == Mark::Fail);
    let missed: Vec<String> = expectations.map(|one| one.name.clone()).collect();
    let crossed = |metric: &&MetricResult| metric.thresholds.iter().any(|threshold| !threshold.ok);
    let metrics = report.results.metrics.iter().filter(crossed);
    let crossed: Vec<String> = metrics.map(|metric| metric.name.clone()).collect();
    match (missed.is_empty(), crossed.is_empty()) {
        (false, _) => RunFailure::Expectations(missed).into(),
        (true, false) => RunFailure::Thresholds(crossed).into(),
        (true, true) => RunFailure::Expectations(vec!["the run comes to its end".to_owned()]).into(),
    }
}
