//! The summary in sections: thresholds, all results and, in full, the results of each group and scenario.

use std::collections::BTreeSet;

use super::checks::Tally;
use super::columns::{Columns, Line};
use super::shown::{Shown, sorted};
use super::style::{self, Style};
use super::{sections, thresholds};
use flashcrowd_record::GroupResult;
use flashcrowd_record::{Results, Row};

/// The indent of headings; what is below stands further in.
const HEADING: usize = 2;
const STEP: usize = 2;
/// The name of the scenario of a test that names none; its results are the test's.
const ONLY_SCENARIO: &str = "default";
/// The groups that k6 puts around `setup()` and `teardown()`.
const NOT_MEASURED: [&str; 2] = ["::setup", "::teardown"];
/// The names of the views that the full summary is made from, and the tags that they split by.
const GROUPS: (&str, &str) = ("groups", "group");
const SCENARIOS: (&str, &str) = ("scenarios", "scenario");

/// Lines that belong together; an empty line stands between two blocks, two between two parts.
type Block = Vec<String>;

pub(super) fn lines(results: &Results, full: bool, style: Style) -> Vec<String> {
    let printer = Printer { results, full, style };
    let mut parts: Vec<Vec<Block>> = Vec::new();
    let thresholds = thresholds::blocks(results, HEADING + STEP, style);
    if !thresholds.is_empty() {
        parts.push([vec![vec![printer.heading("THRESHOLDS")]], thresholds].concat());
    }
    parts.push(printer.total());
    if full {
        let groups = results.root_group.groups.iter();
        parts.extend(groups.filter_map(|group| printer.group(group, HEADING)));
        parts.extend(printer.scenarios());
    }
    let blank = String::new();
    let parts: Vec<Vec<String>> = parts.iter().map(|blocks| blocks.join(&blank)).collect();
    parts.join(&[blank.clone(), blank][..])
}

#[derive(Clone, Copy)]
struct Printer<'a> {
    results: &'a Results,
    full: bool,
    style: Style,
}

impl Printer<'_> {
    /// The heading of a part, at the place where people's scripts look for it: with a blank behind.
    fn heading(&self, text: &str) -> String {
        format!("{}█ {} ", " ".repeat(HEADING), self.style.paint(style::HEADING, text))
    }

    fn total(&self) -> Vec<Block> {
        let groups = self.results.root_group.walk();
        let checks = Tally::by_name(groups.into_iter().flat_map(|group| &group.checks));
        let mut blocks = vec![vec![self.heading("TOTAL RESULTS")]];
        blocks.extend(self.checks(&Tally::sum(&checks), &checks, HEADING + STEP));
        blocks.extend(self.metrics(sorted(&self.results.metrics), HEADING + STEP));
        blocks
    }

    /// The part of a group and of those inside it; none when nothing was measured in any.
    fn group(&self, group: &GroupResult, indent: usize) -> Option<Vec<Block>> {
        if NOT_MEASURED.contains(&group.path.as_str()) {
            return None;
        }
        let checks = Tally::by_name(&group.checks);
        let mut blocks = self.checks(&Tally::sum(&checks), &checks, indent + STEP);
        blocks.extend(self.metrics(sorted(self.rows(GROUPS, &group.path)), indent + STEP));
        blocks.extend(group.groups.iter().filter_map(|inner| self.group(inner, indent + STEP)).flatten());
        if blocks.is_empty() {
            return None;
        }
        let title = format!("GROUP: {}", group.name);
        let heading = match indent {
            HEADING => self.heading(&title),
            _ => format!("{}↳ {} ", " ".repeat(indent), self.style.paint(style::HEADING, &title)),
        };
        blocks.insert(0, vec![heading]);
        Some(blocks)
    }

    fn scenarios(&self) -> Vec<Vec<Block>> {
        let rows = self.results.rows.iter().filter(|row| row.view == SCENARIOS.0);
        let names: BTreeSet<&str> =
            rows.filter_map(|row| row.tags.get(SCENARIOS.1)).map(String::as_str).collect();
        names.into_iter().filter(|name| *name != ONLY_SCENARIO).map(|name| self.scenario(name)).collect()
    }

    fn scenario(&self, name: &str) -> Vec<Block> {
        let rows: Vec<&Row> = self.rows(SCENARIOS, name).collect();
        let mut blocks = vec![vec![self.heading(&format!("SCENARIO: {name}"))]];
        if let Some(checks) = rows.iter().find(|row| row.metric == "checks") {
            let count = |stat: &str| checks.stats.value(stat) as u64;
            let sum = Tally { name: String::new(), passes: count("passes"), fails: count("fails") };
            blocks.extend(self.checks(&sum, &[], HEADING + STEP));
        }
        blocks.extend(self.metrics(sorted(rows), HEADING + STEP));
        blocks
    }

    fn rows(&self, (view, tag): (&str, &str), value: &str) -> impl Iterator<Item = &Row> {
        let rows = self.results.rows.iter();
        rows.filter(move |row| row.view == view && row.tags.get(tag).is_some_and(|have| have == value))
    }

    fn checks(&self, sum: &Tally, checks: &[Tally], indent: usize) -> Vec<Block> {
        if sum.passes + sum.fails == 0 {
            return Vec::new();
        }
        let mut blocks = vec![sum.total_lines(self.results.seconds, indent, self.style)];
        let names: Block = Tally::all_lines(checks, indent, STEP, self.style);
        blocks.extend((!names.is_empty()).then_some(names));
        blocks
    }

    /// One block for each family of metrics, all in line with each other.
    fn metrics(&self, metrics: Vec<Shown<'_>>, indent: usize) -> Vec<Block> {
        let shown: Vec<Shown<'_>> =
            metrics.into_iter().filter(|metric| !sections::is_hidden(metric, self.full)).collect();
        let families: Vec<(&str, Vec<Line>)> = sections::split(&shown)
            .into_iter()
            .map(|(heading, inside)| {
                (heading, inside.iter().map(|m| Line::of(m, &self.results.summary).without_mark()).collect())
            })
            .collect();
        let columns = Columns::fit(families.iter().flat_map(|(_, lines)| lines));
        let block = |(heading, lines): &(&str, Vec<Line>)| {
            let heading = format!("{}{}", " ".repeat(indent), self.style.paint(style::HEADING, heading));
            let lines = lines.iter().map(|line| columns.line(line, indent, self.style));
            std::iter::once(heading).chain(lines).collect()
        };
        families.iter().map(block).collect()
    }
}
