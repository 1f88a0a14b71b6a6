//! The thresholds of the summary: each metric that has some, with what every expression compared.

use flashcrowd_metrics::{Contains, Kind};

use super::shown::{Shown, sorted};
use super::style::{self, Style};
use flashcrowd_record::{Results, ThresholdResult};
use flashcrowd_text::TimeUnit;
use flashcrowd_text::format;

/// One block of lines for each metric with thresholds; a sub-metric stands in from its metric, if that is there.
pub(super) fn blocks(results: &Results, indent: usize, style: Style) -> Vec<Vec<String>> {
    let metrics: Vec<Shown<'_>> =
        sorted(&results.metrics).into_iter().filter(|metric| !metric.thresholds.is_empty()).collect();
    let listed = |name: &str| metrics.iter().any(|metric| metric.name == name);
    let unit = results.summary.time_unit;
    let block = |metric: &Shown<'_>| {
        let inside = metric.parent.is_some_and(listed);
        let (indent, name) = if inside { (indent + 2, metric.short_name()) } else { (indent, metric.name) };
        let left = " ".repeat(indent);
        let mut lines = vec![format!("{left}{name}")];
        lines.extend(metric.thresholds.iter().map(|threshold| {
            let compared = style.paint(style::VALUE, &compared(metric, threshold, unit));
            format!("{left}{} '{}' {compared}", style.mark(threshold.ok), threshold.source)
        }));
        lines
    };
    metrics.iter().map(block).collect()
}

/// `p(95)=4.31ms`: the left side of the expression with its value.
fn compared(metric: &Shown<'_>, threshold: &ThresholdResult, unit: Option<TimeUnit>) -> String {
    let stat = threshold.source.split(['<', '>', '=', '!']).next().unwrap_or_default().trim();
    let value = threshold.value.unwrap_or_default();
    let shown = |contains: Contains| super::value::value(value, contains, unit);
    match (metric.kind, stat) {
        (Kind::Rate, _) => format!("{stat}={}", format::percent(value)),
        (Kind::Counter, "rate") => format!("{stat}={}/s", shown(metric.contains)),
        _ => format!("{stat}={}", shown(metric.contains)),
    }
}
