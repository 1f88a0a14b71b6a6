//! `compare` compares two records.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use flashcrowd_diagnosis::{Change, Comparison, compare};
use flashcrowd_record::Record;
use flashcrowd_report::{Format, render_comparison};

use crate::args::format;
use crate::context::Context;
use crate::exit::Failure;
use crate::output::Output;

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

/// How many of the metrics that got worse the error names; the comparison itself has all of them.
const NAMED: usize = 3;

/// Compares the records. With `--fail-on regression`, a regression is a failure.
pub fn run(context: &Context, args: &CompareArgs) -> Result<(), Failure> {
    let read = |path| Record::read(path).map_err(anyhow::Error::new);
    let comparison = compare(&read(&args.before)?, &read(&args.after)?);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render_comparison(&comparison, format, context.ui.lang(), output.color(&context.console));
    let text = text
        .context("a comparison is text, md or json: choose one with --format, or another file extension")?;
    output.write(&context.console, &text)?;
    match args.fail_on {
        Some(Difference::Regression) if comparison.regression => Err(Failure::Regression(worse(&comparison))),
        _ => Ok(()),
    }
}

/// The names of metrics that got worse, the largest difference first; beyond [`NAMED`] only their number.
fn worse(comparison: &Comparison) -> Vec<String> {
    let whole = comparison.changes.iter().map(|change| (change, change.name.clone()));
    let steps = comparison.steps.iter().flat_map(|step| {
        step.changes.iter().map(|change| (change, format!("{} of {}", change.name, step.name)))
    });
    let mut worse: Vec<_> = whole.chain(steps).filter(|(change, _)| change.worse).collect();
    let size = |change: &Change| change.relative.map_or(f64::INFINITY, f64::abs);
    worse.sort_by(|(one, _), (other, _)| size(other).total_cmp(&size(one)));
    let mut names: Vec<String> = worse.into_iter().map(|(_, name)| name).collect();
    let more = names.len().saturating_sub(NAMED);
    if more > 1 {
        names.truncate(NAMED);
        names.push(format!("{more} more"));
    }
    names
}

#[cfg(test)]
mod tests {
    use flashcrowd_diagnosis::StepChange;

    use super::*;

    fn change(name: &str, relative: f64, worse: bool) -> Change {
        Change { name: name.to_owned(), relative: Some(relative), worse, ..Change::default() }
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
        comparison.changes.extend([change("c", 2.0, true), change("d", 0.1, true), change("e", 0.5, true)]);
        assert_eq!(worse(&comparison), ["c", "e", "tps of VU 50", "2 more"]);
    }
}
