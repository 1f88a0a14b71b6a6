//! `report` makes a document of a record.

use flashcrowd_record::{Mark, MetricResult, Record, Verdict};
use flashcrowd_report::{Report, render};
use flashcrowd_session::Failure as RunFailure;

use super::Context;
use crate::args::ReportArgs;
use crate::exit::Failure;
use crate::output::Output;

/// Makes the document, and has the verdict decide the exit code if that was asked for.
pub fn run(context: &Context, args: &ReportArgs) -> Result<(), Failure> {
    let report = Report::of(Record::read(&args.record).map_err(anyhow::Error::new)?);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render(&report, format, context.talk.lang(), output.color(&context.console));
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
