//! The report as Markdown: for a comment on a pull request, and for the summary of a build.

use flashcrowd_diagnosis::{expectation_text, finding_text};
use flashcrowd_record::{Mark, StepResult};
use flashcrowd_text::{Lang, figure, messages, with_hard_blanks};

use crate::analysis;
use crate::answer;
use crate::breaking;
use crate::capacity::{self, Sheet};
use crate::comparison;
use crate::details::{self, Detail};
use crate::format::Format;
use crate::layout::Layout;
use crate::measures::Measures;
use crate::model::Report;
use crate::sections::counting;
use crate::sections::duet;
use crate::sections::found;
use crate::sections::from_due;
use crate::sections::requests::{self, slowest_first};
use crate::words;

/// A comment may have 65,536 characters. What does not fit into this is left out, section by section.
pub(crate) const MOST: usize = 65_000;
/// Up to so many steps stand side by side; more stand below each other.
const ABREAST: usize = 8;
/// So many warnings have a line.
const MOST_WARNINGS: usize = 50;
/// So many requests have a row.
const MOST_REQUESTS: usize = 50;

messages! {
    fn title(name: String) { en: "Test Report: {name}", ko: "테스트 보고서: {name}" }
    fn indicator() { en: "Indicator", ko: "지표" }
    fn p95() { en: "p95 latency", ko: "p95 응답 시간" }
    fn p99() { en: "p99 latency", ko: "p99 응답 시간" }
    fn errors() { en: "Error rate", ko: "오류율" }
    fn cpu() { en: "Target CPU (100% = 1 core)", ko: "대상 CPU(100% = 1코어)" }
    fn load() { en: "Load", ko: "부하" }
    fn some_requests(shown: usize, all: usize) {
        en: "The {shown} slowest of {all} requests.",
        ko: "요청 종류 {all}개 중 가장 느린 {shown}개입니다.",
    }
    fn left_out(heading: String) {
        en: "{heading}: omitted because the length of comments is limited. See the text report.",
        ko: "{heading}: 댓글 길이 제한 때문에 생략했습니다. 텍스트 보고서에서 볼 수 있습니다.",
    }
    fn more() { en: "Step by step, analysis, conclusion", ko: "단계별 지표, 분석, 결론" }
}

/// A section: its heading, and what stands below it.
struct Section {
    heading: String,
    body: String,
}

/// The row of the table of formats.
pub(crate) const FORMAT: Format = Format {
    names: &["md", "markdown"],
    extensions: &["md", "markdown"],
    report: render,
    comparison: Some(comparison::markdown),
};

/// The whole document.
pub(crate) fn render(report: &Report, layout: Layout) -> String {
    let lang = layout.lang;
    let shown = [
        section(found::heading(lang), of_search(report, lang)),
        section(words::summary_heading(lang), summary(report, lang)),
        section(duet::heading(lang), of_duet(report, lang)),
        section(words::bottlenecks_heading(lang), bottlenecks(report, lang)),
        section(words::recommendations_heading(lang), recommendations(report, lang)),
        section(words::expectations_heading(lang), expectations(report, lang)),
        section(words::details_heading(lang), details(report, lang)),
        section(requests::heading(lang), requests(report, lang)),
        section(from_due::heading(lang), both_times(report, lang)),
        section(capacity::heading(lang), of_capacity(report, lang)),
    ];
    let folded = [
        section(words::steps_heading(lang), steps(report, lang)),
        section(words::analysis_heading(lang), analysis(report, lang)),
        section(words::conclusion_heading(lang), conclusion(report, lang)),
        section(words::warnings_heading(lang), warnings(report, lang)),
    ];
    let mut text = head(report, lang);
    add(&mut text, &shown, lang);
    text += &format!("\n<details>\n<summary>{}</summary>\n", more(lang));
    add(&mut text, &folded, lang);
    with_hard_blanks(&text) + "\n</details>\n"
}

fn section(heading: String, body: String) -> Section {
    Section { heading, body }
}

/// Adds what fits; a section without a body is none.
fn add(text: &mut String, sections: &[Section], lang: Lang) {
    for Section { heading, body } in sections.iter().filter(|section| !section.body.is_empty()) {
        let fits = text.chars().count() + heading.chars().count() + body.chars().count() < MOST;
        let rest = if fits { body.clone() } else { left_out(lang, heading.clone()) + "\n" };
        *text += &format!("\n### {heading}\n{rest}");
    }
}

fn head(report: &Report, lang: Lang) -> String {
    let mut text = format!("## {}\n", title(lang, escaped(&report.record.run.test.name)));
    for (label, value) in details::header(lang, report) {
        text += &format!("- {label}: {}\n", escaped(&value));
    }
    if let Some(caution) = analysis::caution(lang, report) {
        text += &format!("\n> ⚠️ {}\n", escaped(&caution));
    }
    text
}

/// What to know before trusting the figures.
fn warnings(report: &Report, lang: Lang) -> String {
    let all = &report.results.warnings;
    let mut text: String =
        all.iter().take(MOST_WARNINGS).map(|one| format!("- {}\n", escaped(one))).collect();
    if all.len() > MOST_WARNINGS {
        text += &format!("- {}\n", words::more_warnings(lang, all.len() - MOST_WARNINGS));
    }
    text
}

fn summary(report: &Report, lang: Lang) -> String {
    let verdict = report.judgement.verdict;
    let (mark, word) = (words::emoji(words::verdict_mark(verdict)), words::verdict(lang, verdict));
    format!("{mark} **{word}**: {}\n", escaped(&answer::answer(lang, report)))
}

/// What was expected, and what became of it; nothing where nothing was.
fn expectations(report: &Report, lang: Lang) -> String {
    let mut text = String::new();
    for (row, one) in details::expected(lang, report).iter().zip(&report.judgement.expectations) {
        text += &line(row, lang);
        if !matches!(one.result, Mark::Pass) {
            text += &format!("  - {}\n", escaped(&expectation_text(lang, one)));
        }
    }
    for row in details::thresholds(lang, report) {
        text += &line(&row, lang);
    }
    if let Some(note) = analysis::on_ramps(lang, report) {
        text += &format!("\n{note}\n");
    }
    text
}

/// The requests, the slowest first; nothing where there are not several.
fn requests(report: &Report, lang: Lang) -> String {
    let all = slowest_first(&report.results);
    if all.len() < 2 {
        return String::new();
    }
    let shown = &all[..MOST_REQUESTS.min(all.len())];
    let mut rows = requests::short_table(lang, shown, report.load_seconds());
    let head = rows.remove(0);
    let mut text = numbers(head, rows.into_iter());
    if shown.len() < all.len() {
        text += &format!("\n{}\n", some_requests(lang, shown.len(), all.len()));
    }
    text
}

fn line(row: &Detail, lang: Lang) -> String {
    let mark = row.mark.map_or("", words::emoji);
    let (name, value, target) = (escaped(&row.name), escaped(&row.value), escaped(&row.target));
    format!("- {mark} {name}: {value} ({}: {target})\n", words::target(lang))
}

fn details(report: &Report, lang: Lang) -> String {
    let head = [details::metric(lang), details::value(lang), words::target(lang), details::status(lang)];
    let row = |row: Detail| {
        let status = row.mark.map(|mark| format!("{} {}", words::emoji(mark), words::mark(lang, mark)));
        let or_nothing = |text: String| if text.is_empty() { figure::NOTHING.to_owned() } else { text };
        [row.name, row.value, or_nothing(row.target), status.unwrap_or_else(|| figure::NOTHING.to_owned())]
    };
    let rows = details::details(lang, report).into_iter().map(row).map(Vec::from);
    let note = counting::note(lang, report).map(|note| format!("\n{}\n", escaped(&note)));
    table(head.to_vec(), rows) + &note.unwrap_or_default()
}

/// Service and response time; nothing where requests have no due times.
fn both_times(report: &Report, lang: Lang) -> String {
    from_due::both(lang, report).map_or_else(String::new, |both| {
        table(both.heads, both.rows.into_iter()) + &format!("\n{}\n", escaped(&both.notes.join(" ")))
    })
}

/// The tables of capacity; nothing of a run that was not against DynamoDB.
fn of_duet(report: &Report, lang: Lang) -> String {
    of_sheets(report.results.duet.iter().map(|duet| duet::sheet(lang, duet)).collect())
}

fn of_search(report: &Report, lang: Lang) -> String {
    let Some(search) = &report.results.search else { return String::new() };
    let told: String =
        found::sentences(lang, search).iter().map(|sentence| format!("{}\n\n", escaped(sentence))).collect();
    let trials = found::by_load(search).into_iter().map(|trial| found::row(lang, search, trial));
    format!("{told}{}", table(found::heads(lang, search), trials))
}

fn of_capacity(report: &Report, lang: Lang) -> String {
    of_sheets(capacity::sheets(lang, report))
}

fn of_sheets(sheets: Vec<Sheet>) -> String {
    let parts = sheets.into_iter().map(|sheet| {
        let notes: String = sheet.notes.iter().map(|note| format!("\n{}\n", escaped(note))).collect();
        format!("**{}**\n\n{}{notes}", escaped(&sheet.heading), table(sheet.heads, sheet.rows.into_iter()))
    });
    parts.collect::<Vec<_>>().join("\n")
}

fn bottlenecks(report: &Report, lang: Lang) -> String {
    let broke = breaking::sentence(lang, &report.judgement)
        .map(|sentence| format!("**{}**: {}", words::breaking_point(lang), escaped(&sentence)));
    let judgement = &report.judgement;
    let untold = judgement.findings.iter().filter(|found| !analysis::is_told(judgement, found));
    let found = untold.map(|found| {
        let (severity, text) = (words::severity(lang, found.severity), finding_text(lang, found));
        format!("**{}** ({severity}): {}", escaped(&text.title), escaped(&text.evidence))
    });
    numbered(broke.into_iter().chain(found), words::no_bottleneck(lang))
}

fn recommendations(report: &Report, lang: Lang) -> String {
    let remedies = analysis::remedies(lang, report).into_iter().map(|remedy| escaped(&remedy));
    numbered(remedies, words::no_recommendation(lang))
}

/// Steps side by side, as long as there are few; else below each other.
fn steps(report: &Report, lang: Lang) -> String {
    let steps = &report.judgement.steps;
    if steps.is_empty() {
        return String::new();
    }
    let all = |label: String, of: &dyn Fn(&StepResult) -> String| {
        [label].into_iter().chain(steps.iter().map(of)).collect::<Vec<_>>()
    };
    let mut lines = vec![
        all(indicator(lang), &words::step),
        all("TPS".into(), &|step| figure::number(step.tps)),
        all(p95(lang), &|step| figure::duration(lang, step.p95)),
        all(p99(lang), &|step| figure::duration(lang, step.p99)),
    ];
    if report.step_times.iter().any(Option::is_some) {
        for (nth, percentile) in ["p95", "p99"].into_iter().enumerate() {
            let times =
                report.step_times.iter().map(|times| from_due::of_step(lang, Some(times))[nth].clone());
            lines.push([words::from_due(lang, percentile)].into_iter().chain(times).collect());
        }
    }
    lines.push(all(errors(lang), &|step| figure::percent(step.error_rate)));
    if steps.iter().any(|step| step.target_cpu.is_some()) {
        let used = |step: &StepResult| step.target_cpu.map_or(figure::NOTHING.into(), figure::cpu);
        lines.push(all(cpu(lang), &used));
    }
    if steps.len() > ABREAST {
        lines = turned(&lines);
        lines[0][0] = load(lang);
    }
    let head = lines.remove(0);
    table(head, lines.into_iter())
}

fn turned(lines: &[Vec<String>]) -> Vec<Vec<String>> {
    let columns = lines.first().map_or(0, Vec::len);
    (0..columns).map(|at| lines.iter().filter_map(|line| line.get(at).cloned()).collect()).collect()
}

fn analysis(report: &Report, lang: Lang) -> String {
    let mut text = String::new();
    if let Some(found) = analysis::bottleneck(lang, report) {
        for (label, value) in found.pairs() {
            text += &format!("- **{label}**: {}\n", escaped(&value));
        }
    }
    for part in analysis::analysis(lang, &Measures::of(report)) {
        text += format!("- {}: {}", part.name, part.text).trim_end();
        text.push('\n');
        for (label, value) in part.figures {
            text += &format!("  - {label}: {value}\n");
        }
    }
    text
}

fn conclusion(report: &Report, lang: Lang) -> String {
    analysis::conclusion(lang, report).iter().map(|sentence| format!("- {}\n", escaped(sentence))).collect()
}

/// A table of words.
pub(crate) fn table(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = "---|".repeat(head.len());
    ruled(head, &rule, rows)
}

/// A table of numbers, but for the first column.
fn numbers(head: Vec<String>, rows: impl Iterator<Item = Vec<String>>) -> String {
    let rule = format!("---|{}", "---:|".repeat(head.len().saturating_sub(1)));
    ruled(head, &rule, rows)
}

fn ruled(head: Vec<String>, rule: &str, rows: impl Iterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{rule}\n");
    line(&head) + &rule + &rows.map(|row| line(&row)).collect::<String>()
}

fn numbered(items: impl Iterator<Item = String>, none: String) -> String {
    let text: String = items.enumerate().map(|(at, item)| format!("{}. {item}\n", at + 1)).collect();
    if text.is_empty() { none + "\n" } else { text }
}

/// The text with nothing in it that Markdown would take for its own.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '\\' | '|' | '`' | '*' | '[' | ']' => safe.extend(['\\', c]),
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}
