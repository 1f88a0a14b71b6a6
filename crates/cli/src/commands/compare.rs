//! `compare` compares two records.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use flashcrowd_diagnosis::{Answer, Comparison, Conclusion, ENOUGH_RUNS, compare_runs};
use flashcrowd_record::Record;
use flashcrowd_report::{Format, outcome_name, render_comparison};
use flashcrowd_text::Lang;

use crate::args::format;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Output;

const EXAMPLES: &str = "\
Examples:
  flashcrowd compare results/monday results/tuesday
  flashcrowd compare results/mine results/colleague --format md --fail-on never
  flashcrowd compare results/a1 results/b --against results/a2 results/a3 results/a4

What was judged of both runs is compared first: verdicts, expectations, thresholds, breaking points,
stocks, findings. Then come the figures, over the seconds in which both had the same load: each is
better, worse, different by no more than a bound, or cannot be told. The interval that says so has
room for chance within the runs and for what differs between runs: 2.7%, or what --against shows.

Exit codes:
  0    nothing got worse; or \"not judged\": it cannot be told (99 with --fail-on not-judged)
  99   something got worse: a promise no longer holds, the breaking point is lower, a stock is no
       longer exact, there is a new critical finding, or a figure is worse (0 with --fail-on never)
  104  invalid options
  255  a record does not exist or could not be read, or the comparison could not be written";

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
    /// Further records of the same kind as A, at least two: how much they differ from each other is measured
    #[arg(long, value_name = "RECORD", num_args = 1..)]
    pub against: Vec<PathBuf>,
    /// Exit with code 99 in such a case
    #[arg(long, value_name = "CASE", value_enum, default_value_t = FailOn::Regression)]
    pub fail_on: FailOn,
    /// Show all figures, also those that did not change
    #[arg(long)]
    pub all: bool,
    /// The output format [default: from the extension of --output, else text]
    #[arg(long, value_name = "FORMAT", value_parser = format(&["text", "md", "json"]))]
    pub format: Option<Format>,
    /// The file to write; - for standard output [default: -]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// When a comparison is a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Something got worse
    Regression,
    /// Something got worse, or it cannot be told
    NotJudged,
    /// Never
    Never,
}

/// How many of the figures that got worse the error names; the comparison itself has all of them.
const NAMED: usize = 3;

/// Compares the records. By default, a regression is a failure.
pub fn run(context: &Context, args: &CompareArgs) -> Result<(), Failure> {
    let further = args.against.len();
    if further > 0 && further + 1 < ENOUGH_RUNS {
        let problem = format!(
            "--against: give at least {} further records of A's kind: how much one of them differs says too little",
            ENOUGH_RUNS - 1
        );
        return Err(Failure::Config(vec![problem]));
    }
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let read = |path: &Path| {
        let record = Record::read(path).map_err(anyhow::Error::new)?;
        let shown = match record.printable() {
            Cow::Owned(shown) if format != Format::JSON => Some(shown),
            _ => None,
        };
        Ok::<_, anyhow::Error>(shown.unwrap_or(record))
    };
    let against: Vec<Record> =
        args.against.iter().map(|path| read(path)).collect::<Result<_, anyhow::Error>>()?;
    let comparison = compare_runs(&read(&args.before)?, &read(&args.after)?, &against);
    let text = render_comparison(&comparison, args.all, format, output.layout(context));
    let text = text
        .context("a comparison is text, md or json: choose one with --format, or another file extension")?;
    output.write(&context.console, &text)?;
    match (comparison.conclusion, args.fail_on) {
        (_, FailOn::Never) | (Conclusion::NoRegression, _) => Ok(()),
        (Conclusion::Regression, _) => Err(Failure::Regression(worse(&comparison))),
        (Conclusion::NotJudged, FailOn::NotJudged) => Err(Failure::NotJudged),
        (Conclusion::NotJudged, FailOn::Regression) => Ok(()),
    }
}

/// The names of what got worse: first what was judged, then figures, the largest difference first; beyond [`NAMED`] only
/// their number.
fn worse(comparison: &Comparison) -> Vec<String> {
    let outcomes = comparison.outcomes.iter().filter(|outcome| outcome.answer == Answer::Worse);
    let outcomes = outcomes.map(|outcome| outcome_name(outcome, Lang::En));
    let mut figures: Vec<(f64, String)> = comparison
        .figures()
        .filter(|(_, change)| change.answer == Answer::Worse)
        .map(|(step, change)| {
            let name = step.map_or_else(|| change.name.clone(), |step| format!("{} of {step}", change.name));
            (change.relative.map_or(f64::INFINITY, f64::abs), name)
        })
        .collect();
    figures.sort_by(|(one, _), (other, _)| other.total_cmp(one));
    let mut names: Vec<String> = outcomes.chain(figures.into_iter().map(|(_, name)| name)).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 1 {
        names.truncate(NAMED);
        names.push(format!("{more} more"));
    }
    names
}

#[cfg(test)]
mod tests {
    use flashcrowd_diagnosis::{Change, OutcomeChange, StepChange, Subject};

    use super::*;

    fn change(name: &str, relative: f64, is_worse: bool) -> Change {
        let answer = if is_worse { Answer::Worse } else { Answer::Same };
        Change { name: name.to_owned(), relative: Some(relative), answer, ..Change::default() }
    }

    #[test]
    fn the_largest_differences_are_named() {
        let step = StepChange {
            name: "VU 50".into(),
            changes: vec![change("tps", -0.4, true), change("p95", 9.0, false)],
        };
        let changes = vec![change("a", 0.2, false), change("b", 0.3, true)];
        let mut comparison = Comparison { changes, steps: vec![step], ..Comparison::default() };
        assert_eq!(worse(&comparison), ["tps of VU 50", "b"]);
        let outcome = OutcomeChange {
            subject: Subject::BreakingPoint,
            answer: Answer::Worse,
            ..OutcomeChange::default()
        };
        comparison.outcomes.push(outcome);
        comparison.changes.extend([change("c", 2.0, true), change("d", 0.1, true)]);
        assert_eq!(worse(&comparison), ["Breaking point", "c", "tps of VU 50", "2 more"]);
    }
}
