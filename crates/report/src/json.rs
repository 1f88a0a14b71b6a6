//! The report as JSON: what `result.json` holds, judged; of a run that was killed, as far as it came.

use flashcrowd_diagnosis::Comparison;

use crate::format::Format;
use crate::layout::Layout;
use crate::model::Report;

/// The row of the table of formats.
pub(crate) const FORMAT: Format =
    Format { names: &["json"], extensions: &["json"], report: render, comparison: Some(comparison) };

/// The whole document.
fn render(report: &Report, _layout: Layout) -> String {
    let results = report.results.clone().judged(report.judgement.clone());
    let text = serde_json::to_string_pretty(&results).expect("results have texts as keys, so they are JSON");
    text + "\n"
}

fn comparison(comparison: &Comparison, _all: bool, _layout: Layout) -> String {
    let text = serde_json::to_string_pretty(comparison);
    text.expect("a comparison has texts as keys, so it is JSON") + "\n"
}
