//! The report as JSON: what `result.json` holds, judged; of a run that was killed, as far as it came.

use crate::model::Report;

/// The whole document.
pub fn render(report: &Report) -> String {
    let results = report.results.clone().judged(report.judgement.clone());
    let text = serde_json::to_string_pretty(&results).expect("results have texts as keys, so they are JSON");
    text + "\n"
}
