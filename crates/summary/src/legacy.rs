//! The legacy summary is one flat list: groups with their checks, then all metrics, as before k6 1.0.

use super::checks::Tally;
use super::columns::{Columns, Line};
use super::shown::sorted;
use super::style::{self, Style};
use flashcrowd_record::GroupResult;
use flashcrowd_record::Results;

/// Where names start; a mark stands left of it.
const INDENT: usize = 5;
/// How far a group stands in from the one around it.
const STEP: usize = 2;

pub(super) fn lines(results: &Results, style: Style) -> Vec<String> {
    let mut all = Vec::new();
    group(&results.root_group, INDENT, style, &mut all);
    let metrics: Vec<Line> =
        sorted(&results.metrics).iter().map(|metric| Line::of(metric, &results.summary)).collect();
    let columns = Columns::fit(&metrics);
    all.extend(metrics.iter().map(|line| columns.line(line, INDENT, style)));
    all
}

fn group(group: &GroupResult, indent: usize, style: Style, all: &mut Vec<String>) {
    let mut inside = indent;
    if !group.name.is_empty() {
        all.push(format!("{}█ {}", " ".repeat(indent), style.paint(style::HEADING, &group.name)));
        all.push(String::new());
        inside += STEP;
    }
    all.extend(Tally::all_lines(&Tally::by_name(&group.checks), inside, 1, style));
    if !group.checks.is_empty() {
        all.push(String::new());
    }
    for inner in &group.groups {
        self::group(inner, inside, style, all);
    }
}
