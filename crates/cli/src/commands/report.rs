//! `report` makes a report from a record.

use std::path::{Path, PathBuf};

use clap::Args;
use flashcrowd_record::Record;
use flashcrowd_report::{Format, Report, answer_of, render};
use flashcrowd_text::Lang;

use crate::args::format;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Output;
use crate::run::merge;

const EXAMPLES: &str = "\
Examples:
  flashcrowd report results/black-friday                    print to the terminal
  flashcrowd report results/black-friday -o report.html     one HTML file, to share
  flashcrowd report results/black-friday --lang ko -o report.md
  flashcrowd report results/nightly --format md >> \"$GITHUB_STEP_SUMMARY\"
  flashcrowd report results/nightly --exit-code -o junit.xml

  flashcrowd report part-*.jsonl --exit-code                one verdict over the parts of several processes

Even a run that was killed can be reported on, up to where its record ends. The report marks it as
interrupted.

Exit codes: 0 the report was made, whatever the verdict; with --exit-code, 99 the verdict is fail,
120 it is not measurable; 255 the record does not exist or could not be read, or the report could not be written.";

/// `report`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct ReportArgs {
    /// A folder written by run --record; or the files that processes of one run wrote with --part-out
    #[arg(value_name = "RECORD", required = true)]
    pub records: Vec<PathBuf>,
    /// Keep the record that parts are merged into in this folder
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Replace the record of an earlier run in that folder
    #[arg(long, requires = "record")]
    pub force: bool,
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

/// The record, or that of merged parts, with why their run was no success.
fn read(
    context: &Context,
    args: &ReportArgs,
) -> Result<(Record, Option<flashcrowd_session::Failure>), Failure> {
    let read = |folder: &Path| Record::read(folder).map_err(anyhow::Error::new);
    match &args.records[..] {
        [folder] if folder.is_dir() || !folder.exists() => match &args.record {
            None => Ok((read(folder)?, None)),
            Some(_) => {
                let text = format!("--record: {} is a record already, and no part", folder.display());
                Err(Failure::Config(vec![text]))
            }
        },
        parts => merge(context, parts, (args.record.as_deref(), args.force)),
    }
}

/// Makes the report. With `--exit-code`, the verdict decides the exit code.
pub fn run(context: &Context, args: &ReportArgs) -> Result<(), Failure> {
    let (record, ended) = read(context, args)?;
    let report = Report::of(record);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render(&report, format, output.layout(context));
    output.write(&context.console, &text)?;
    let verdict = report.judgement.verdict;
    if let Some(failure) = ended.filter(|_| args.exit_code) {
        return Err(failure.into());
    }
    let failed = args.exit_code && verdict.is_failure();
    if failed { Err(Failure::Judged(verdict, answer_of(Lang::En, &report))) } else { Ok(()) }
}
