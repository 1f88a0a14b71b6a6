//! The checks of the summary: how many held, and each by name with what failed of it.

use super::columns::{Columns, Line};
use super::style::{self, Style};
use flashcrowd_record::CheckResult;
use flashcrowd_text::format;
use indexmap::IndexMap;

/// How many checks are shown by name.
const SHOWN: usize = 400;

/// How often checks held, over one name or over many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) name: String,
    pub(super) passes: u64,
    pub(super) fails: u64,
}

impl Tally {
    /// The checks by name, in the order they were first seen; of equal names the counts are added up.
    pub(super) fn by_name<'a>(checks: impl IntoIterator<Item = &'a CheckResult>) -> Vec<Self> {
        let mut tallies: IndexMap<&str, Self> = IndexMap::new();
        for check in checks {
            let none = || Self { name: check.name.clone(), passes: 0, fails: 0 };
            let tally = tallies.entry(&check.name).or_insert_with(none);
            tally.passes += check.passes;
            tally.fails += check.fails;
        }
        tallies.into_values().collect()
    }

    /// All of them together.
    pub(super) fn sum(tallies: &[Self]) -> Self {
        let passes = tallies.iter().map(|tally| tally.passes).sum();
        let fails = tallies.iter().map(|tally| tally.fails).sum();
        Self { name: String::new(), passes, fails }
    }

    fn total(&self) -> u64 {
        self.passes + self.fails
    }

    /// The three lines about all checks.
    pub(super) fn total_lines(&self, seconds: f64, indent: usize, style: Style) -> Vec<String> {
        let total = self.total();
        let per_second = if seconds > 0.0 { total as f64 / seconds } else { 0.0 };
        let share = |count: u64| format::percent(if total == 0 { 0.0 } else { count as f64 / total as f64 });
        let out_of = |count: u64| format!("{count} out of {total}");
        let lines = [
            Line::plain("checks_total", total.to_string(), format!("{}/s", format::number(per_second))),
            Line::plain("checks_succeeded", share(self.passes), out_of(self.passes)),
            Line::plain("checks_failed", share(self.fails), out_of(self.fails)),
        ];
        let columns = Columns::fit(&lines);
        lines.iter().map(|line| columns.line(line, indent, style)).collect()
    }

    /// The lines of checks by name; of more than anybody reads, the first.
    pub(super) fn all_lines(checks: &[Self], indent: usize, step: usize, style: Style) -> Vec<String> {
        let shown = checks.iter().take(SHOWN).flat_map(|check| check.lines(indent, step, style));
        let rest = checks.len().saturating_sub(SHOWN);
        let more = (rest > 0).then(|| format!("{}… and {rest} more checks", " ".repeat(indent)));
        shown.chain(more).collect()
    }

    /// The check's name with a mark and, if it ever failed, a line of counts that stands `step` further in.
    fn lines(&self, indent: usize, step: usize, style: Style) -> Vec<String> {
        let left = " ".repeat(indent);
        if self.fails == 0 {
            return vec![format!("{left}{} {}", style.mark(true), self.name)];
        }
        let percent = self.passes * 100 / self.total().max(1);
        let details = format!("↳  {percent}% — ✓ {} / ✗ {}", self.passes, self.fails);
        vec![
            format!("{left}{}", style.paint(style::BAD, &format!("✗ {}", self.name))),
            format!("{left}{}{}", " ".repeat(step), style.paint(style::BAD, &details)),
        ]
    }
}
