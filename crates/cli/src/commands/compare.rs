//! `compare` puts two records side by side.

use anyhow::Context as _;
use flashcrowd_diagnosis::{Change, Comparison, compare};
use flashcrowd_record::Record;
use flashcrowd_report::render_comparison;

use super::Context;
use crate::args::{CompareArgs, Difference};
use crate::exit::Failure;
use crate::output::Output;

/// So many of the numbers that became worse are named in the error; the comparison itself has all of them.
const NAMED: usize = 3;

/// Compares them, and has a regression decide the exit code if that was asked for.
pub fn run(context: &Context, args: &CompareArgs) -> Result<(), Failure> {
    let read = |path| Record::read(path).map_err(anyhow::Error::new);
    let comparison = compare(&read(&args.before)?, &read(&args.after)?);
    let output = Output::of(args.output.as_deref());
    let format = args.format.or(output.format()).unwrap_or_default();
    let text = render_comparison(&comparison, format, context.talk.lang(), output.color(&context.console));
    let text = text.context("a comparison is text, md or json: name one with --format, or another file")?;
    output.write(&context.console, &text)?;
    match args.fail_on {
        Some(Difference::Regression) if comparison.regression => Err(Failure::Regression(worse(&comparison))),
        _ => Ok(()),
    }
}

/// Everything that became worse, the largest difference first; of many, those are named.
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
