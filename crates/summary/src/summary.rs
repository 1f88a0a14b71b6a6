//! The summary in sections: thresholds, all results and, in full, the results of each group and scenario.

use std::collections::BTreeSet;

use super::checks::Tally;
use super::columns::{Columns, Line};
use super::shown::{Shown, sorted};
use super::style::{self, Style};
use super::{sections, thresholds};
use flashcrowd_metrics::names::{tag, view};
use flashcrowd_record::{CheckResult, GroupResult, Results, Row};

/// The indent of headings; what is below stands further in.
const HEADING: usize = 2;
const STEP: usize = 2;
/// The name of the scenario of a test that names none; its results are the test's.
const ONLY_SCENARIO: &str = "default";
/// The groups that k6 puts around `setup()` and `teardown()`.
const NOT_MEASURED: [&str; 2] = ["::setup", "::teardown"];

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
        parts.extend(printer.groups(ONLY_SCENARIO, HEADING));
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
        let checks = Tally::by_name(self.results.root_group.all_checks());
        let mut blocks = vec![vec![self.heading("TOTAL RESULTS")]];
        blocks.extend(self.checks(&Tally::sum(&checks), &checks, HEADING + STEP));
        blocks.extend(self.metrics(sorted(&self.results.metrics), HEADING + STEP));
        blocks
    }

    /// The parts of the groups in which a scenario measured anything.
    fn groups(&self, scenario: &str, indent: usize) -> Vec<Vec<Block>> {
        let groups = self.results.root_group.groups.iter();
        groups.filter_map(|group| self.group(scenario, group, indent)).collect()
    }

    /// The part of a group and of those inside it; none when the scenario measured nothing in any.
    fn group(&self, scenario: &str, group: &GroupResult, indent: usize) -> Option<Vec<Block>> {
        if NOT_MEASURED.contains(&group.path.as_str()) {
            return None;
        }
        let checks = self.tallies(scenario, &[group]);
        let mut blocks = self.checks(&Tally::sum(&checks), &checks, indent + STEP);
        let rows = self.rows(view::GROUPS, scenario).filter(|row| has(row, tag::GROUP, &group.path));
        blocks.extend(self.metrics(sorted(rows), indent + STEP));
        let inner = group.groups.iter().filter_map(|inner| self.group(scenario, inner, indent + STEP));
        blocks.extend(inner.flatten());
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
        let rows = self.results.rows.iter().filter(|row| row.view == view::SCENARIOS);
        let names: BTreeSet<&str> =
            rows.filter_map(|row| row.tags.get(tag::SCENARIO)).map(String::as_str).collect();
        names.into_iter().filter(|name| *name != ONLY_SCENARIO).map(|name| self.scenario(name)).collect()
    }

    fn scenario(&self, name: &str) -> Vec<Block> {
        let mut blocks = vec![vec![self.heading(&format!("SCENARIO: {name}"))]];
        let checks = self.tallies(name, &self.results.root_group.walk());
        blocks.extend(self.checks(&Tally::sum(&checks), &checks, HEADING + STEP));
        blocks.extend(self.metrics(sorted(self.rows(view::SCENARIOS, name)), HEADING + STEP));
        blocks.extend(self.groups(name, HEADING + STEP).into_iter().flatten());
        blocks
    }

    /// The checks of some groups as a scenario made them, in the order in which they were first made.
    fn tallies(&self, scenario: &str, groups: &[&GroupResult]) -> Vec<Tally> {
        let mut found: Vec<CheckResult> = Vec::new();
        for (group, check) in
            groups.iter().flat_map(|group| group.checks.iter().map(move |check| (group, check)))
        {
            let of_check =
                |row: &&Row| has(row, tag::GROUP, &group.path) && has(row, tag::CHECK, &check.name);
            let Some(row) = self.rows(view::CHECKS, scenario).find(of_check) else { continue };
            let count = |stat: &str| row.stats.value(stat) as u64;
            found.push(CheckResult { passes: count("passes"), fails: count("fails"), ..check.clone() });
        }
        found.sort_by_key(|check| check.order);
        Tally::by_name(&found)
    }

    /// The rows of a view that a scenario made; what has no scenario is of the only one.
    fn rows(&self, view: &'static str, scenario: &str) -> impl Iterator<Item = &Row> {
        let of_scenario =
            move |row: &&Row| row.tags.get(tag::SCENARIO).map_or(ONLY_SCENARIO, String::as_str) == scenario;
        self.results.rows.iter().filter(move |row| row.view == view).filter(of_scenario)
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

/// Whether a row has that value of a tag; none is an empty one.
fn has(row: &Row, tag: &str, value: &str) -> bool {
    row.tags.get(tag).map_or("", String::as_str) == value
}
