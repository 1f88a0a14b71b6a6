//! The checks: how often each held, with a bar.

use flashcrowd_record::CheckResult;
use flashcrowd_text::{Lang, figure, first_characters, messages};
use maud::{Markup, html};

use super::table::{Head, Row, Table};
use crate::model::Report;

/// So many checks have a row of their own.
const MOST_CHECKS: usize = 60;

/// A name is shown up to so many characters.
const LONGEST: usize = 200;

messages! {
    fn heading() { en: "Checks", ko: "체크" }
    fn check() { en: "Check", ko: "체크" }
    fn share() { en: "Passed", ko: "통과율" }
    fn passes() { en: "Passes", ko: "통과" }
    fn fails() { en: "Fails", ko: "실패" }
    fn more(count: usize) { en: "{count} more checks are not shown.", ko: "체크 {count}개는 생략했습니다." }
}

/// The checks; none when there were none.
pub(crate) fn checks(report: &Report, lang: Lang) -> Option<Markup> {
    let groups = report.results.root_group.walk();
    let mut all: Vec<&CheckResult> = groups.iter().flat_map(|group| &group.checks).collect();
    if all.is_empty() {
        return None;
    }
    // Those that failed most often stand first, where they are seen.
    all.sort_by_key(|check| std::cmp::Reverse(check.fails));
    let left_out = all.len().saturating_sub(MOST_CHECKS);
    let rows = all.iter().take(MOST_CHECKS).map(|check| row(check)).collect();
    let heads = vec![
        Head::words(check(lang)),
        Head::words(share(lang)),
        Head::number(passes(lang)),
        Head::number(fails(lang)),
    ];
    Some(html! {
        section aria-labelledby="checks" {
            h2 #checks { (heading(lang)) }
            (Table { caption: heading(lang), heads, rows }.render())
            @if left_out > 0 { p .note { (more(lang, left_out)) } }
        }
    })
}

fn row(check: &CheckResult) -> Row {
    let total = check.passes + check.fails;
    let held = if total == 0 { 0.0 } else { check.passes as f64 / total as f64 };
    let path = check.path.trim_start_matches("::").replace("::", " › ");
    let cells = vec![
        html! { (first_characters(&path, LONGEST)) },
        html! {
            span .bar aria-hidden="true" { span style=(format!("width:{:.1}%", held * 100.0)) {} }
            " " (figure::percent(held))
        },
        html! { (figure::count(check.passes)) },
        html! { (figure::count(check.fails)) },
    ];
    Row { class: if check.fails > 0 { "bad" } else { "" }, cells }
}
