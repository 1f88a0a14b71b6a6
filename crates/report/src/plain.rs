//! The report as text, and the verdict that ends every judged run on the terminal.

use flashcrowd_diagnosis::{expectation_text, finding_text};
use flashcrowd_record::{ExpectationResult, Judgement, Mark, Results, Severity, StepResult};
use flashcrowd_text::{Cell, Ink, Lang, Side, figure, grid, messages, paragraph, table, width};

use crate::analysis::{self, Part};
use crate::answer;
use crate::breaking;
use crate::capacity::{self, Sheet};
use crate::comparison;
use crate::details::{self, Detail};
use crate::format::Format;
use crate::found;
use crate::from_due::{self, Both};
use crate::measures::Measures;
use crate::model::Report;
use crate::staircase;
use crate::words;

/// The columns of a document, which may be read anywhere; lines that are longer are hard to read.
const COLUMNS: usize = 100;
/// A narrower terminal is treated as if it had so many columns.
const NARROWEST: usize = 40;
/// Below the summary, what can be done is told in short, and not at all for mere notes.
const FIRST_REMEDIES: usize = 2;
/// Blanks in front of what belongs to a heading.
const INDENT: usize = 2;

messages! {
    fn title(name: &str) { en: "Test Report: {name}", ko: "테스트 보고서: {name}" }
    fn load() { en: "Load", ko: "부하" }
    fn errors() { en: "Errors", ko: "오류율" }
    fn cpu() { en: "CPU: target CPU, 100% = one core.", ko: "CPU: 대상 CPU 사용률이며 100%가 1코어입니다." }
    fn some_steps(shown: usize, all: usize) {
        en: "{shown} of {all} steps shown; the HTML and JSON reports have them all.",
        ko: "전체 {all}단계 중 {shown}단계만 표시했습니다. 나머지는 HTML과 JSON 보고서에 있습니다.",
    }
}

/// The row of the table of formats.
pub(crate) const FORMAT: Format =
    Format { names: &["text"], extensions: &["txt"], report: render, comparison: Some(comparison::text) };

/// The whole document.
pub(crate) fn render(report: &Report, lang: Lang, color: bool) -> String {
    let heading = |text: String| format!("\n{}\n", Ink::Bold.on(&text, color));
    let mut text = Ink::Bold.on(&title(lang, &report.record.run.test.name), color) + "\n";
    text += &pairs(&details::header(lang, report));
    if let Some(caution) = analysis::caution(lang, report) {
        text += &format!("\n{}", Ink::Yellow.on(paragraph(&caution, COLUMNS, "! ").trim_end(), color));
        text.push('\n');
    }
    if let Some(search) = &report.results.search {
        text += &heading(found::heading(lang));
        text += &found::search_text(search, lang, color, COLUMNS);
    }
    text += &verdict_within(report, lang, color);
    let rows = details::details(lang, report);
    if !rows.is_empty() {
        text += &heading(words::details_heading(lang));
        text += &detail_table(&rows, lang, color);
    }
    if let Some(both) = from_due::both(lang, report) {
        text += &heading(from_due::heading(lang));
        text += &both_times(&both, color);
    }
    let mut sheets = capacity::sheets(lang, report);
    if !sheets.is_empty() {
        sheets.iter_mut().for_each(|sheet| sheet.fit(COLUMNS));
        text += &heading(capacity::heading(lang));
        text += &sheets.iter().map(|sheet| capacity_table(sheet, color)).collect::<Vec<_>>().join("\n");
    }
    if !report.judgement.steps.is_empty() {
        text += &heading(words::steps_heading(lang));
        text += &step_table(&report.judgement, lang, color);
    }
    if let Some(found) = analysis::bottleneck(lang, report) {
        text += &heading(words::bottlenecks_heading(lang));
        text += &pairs(&found.pairs());
        text += &found_in(&report.judgement, lang, COLUMNS, color, usize::MAX);
    }
    let parts = analysis::analysis(lang, &Measures::of(report));
    if !parts.is_empty() {
        text += &heading(words::analysis_heading(lang));
        text += &analysis_table(&parts);
    }
    text += &heading(words::conclusion_heading(lang));
    for sentence in analysis::conclusion(lang, report) {
        text += &paragraph(&sentence, COLUMNS, "  - ");
    }
    text
}

/// Expectations, findings and the verdict, as a terminal of so many columns shows them below the summary.
pub fn verdict(judgement: &Judgement, lang: Lang, color: bool, columns: usize) -> String {
    let columns = columns.clamp(NARROWEST, COLUMNS);
    let mut text = headline(judgement, lang, color);
    text += &expectations(&judgement.expectations, lang, columns, color);
    if let Some(sentence) = breaking::sentence(lang, judgement) {
        text += &format!("\n  {}\n", Ink::Bold.on(&words::breaking_point(lang), color));
        text += &paragraph(&sentence, columns, "    ");
    }
    if judgement.findings.iter().any(|found| !analysis::is_told(judgement, found)) {
        text += &format!("\n  {}\n", Ink::Bold.on(&words::findings_heading(lang), color));
        text += &found_in(judgement, lang, columns, color, FIRST_REMEDIES);
    }
    text
}

/// The verdict inside of the document, where findings follow later: in a line with the answer.
fn verdict_within(report: &Report, lang: Lang, color: bool) -> String {
    let mut text = format!("\n{}", headline(&report.judgement, lang, color).trim_start());
    text += &paragraph(&answer::answer(lang, report), COLUMNS, "  ");
    text += &expectations(&report.judgement.expectations, lang, COLUMNS, color);
    if let Some(note) = analysis::on_ramps(lang, report) {
        let note = paragraph(&note, COLUMNS, "    ");
        text += &note.lines().map(|line| Ink::Faint.on(line, color) + "\n").collect::<String>();
    }
    text
}

fn headline(judgement: &Judgement, lang: Lang, color: bool) -> String {
    let mark = words::verdict_mark(judgement.verdict);
    let word = words::verdict(lang, judgement.verdict).to_uppercase();
    let shown = ink(mark).on(&format!("{} {word}", words::symbol(mark)), color);
    format!("  {}  {shown}\n", Ink::Bold.on(&words::verdict_heading(lang), color))
}

/// Expectations, a line each. How they came about stands beside them if there is room, else below those that did
/// not pass.
fn expectations(all: &[ExpectationResult], lang: Lang, columns: usize, color: bool) -> String {
    if all.is_empty() {
        return String::new();
    }
    const SIDES: [Side; 5] = [Side::Left, Side::Left, Side::Right, Side::Left, Side::Left];
    let row = |one: &ExpectationResult| {
        vec![
            Cell::new(words::symbol(one.result), ink(one.result)),
            words::expectation(lang, &one.name).into(),
            Cell::new(words::outcome(lang, one), ink_of_value(one.result)),
            Cell::new(one.target.clone(), Ink::Faint),
        ]
    };
    let rows: Vec<Vec<Cell>> = all.iter().map(row).collect();
    let lines = table(&rows, &SIDES, 4, color);
    let mut text = String::from("\n");
    let plain = table(&rows, &SIDES, 4, false);
    let widest = plain.lines().map(width).max().unwrap_or(0);
    for ((line, plain), one) in lines.lines().zip(plain.lines()).zip(all) {
        let why = expectation_text(lang, one);
        if widest + 2 + width(&why) <= columns {
            let blanks = " ".repeat(widest + 2 - width(plain));
            text += format!("{line}{blanks}{}", Ink::Faint.on(&why, color)).trim_end();
            text.push('\n');
            continue;
        }
        text += &format!("{line}\n");
        if one.result != Mark::Pass {
            let why = paragraph(&why, columns, "       ");
            text += &why.lines().map(|line| Ink::Faint.on(line, color) + "\n").collect::<String>();
        }
    }
    text
}

fn found_in(judgement: &Judgement, lang: Lang, columns: usize, color: bool, remedies: usize) -> String {
    let mut text = String::new();
    for found in judgement.findings.iter().filter(|found| !analysis::is_told(judgement, found)) {
        let (symbol, ink) = match found.severity {
            Severity::Critical => (words::symbol(Mark::Fail), Ink::Red),
            Severity::Warning => (words::symbol(Mark::Warn), Ink::Yellow),
            Severity::Info => ("i", Ink::Faint),
        };
        let words = finding_text(lang, found);
        let title = paragraph(&words.title, columns, &format!("    {symbol}  "));
        text += &title.replacen(symbol, &ink.on(symbol, color), 1);
        text += &paragraph(&words.evidence, columns, "       ");
        let is_short = found.severity == Severity::Info && remedies == FIRST_REMEDIES;
        for remedy in words.remedies.iter().take(if is_short { 0 } else { remedies }) {
            text += &paragraph(remedy, columns, "       → ");
        }
    }
    text
}

fn ink(mark: Mark) -> Ink {
    match mark {
        Mark::Pass => Ink::Green,
        Mark::Warn => Ink::Yellow,
        Mark::Fail => Ink::Red,
        Mark::NotMeasured => Ink::Faint,
    }
}

fn ink_of_value(mark: Mark) -> Ink {
    if mark == Mark::Pass { Ink::Plain } else { ink(mark) }
}

/// Labels with their values beside them.
fn pairs(pairs: &[(String, String)]) -> String {
    let widest = pairs.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    let line = |(label, value): &(String, String)| {
        let blanks = " ".repeat(widest - width(label));
        let line = paragraph(value, COLUMNS, &format!("{:INDENT$}{label}{blanks}  ", ""));
        line.trim_end().to_owned() + "\n"
    };
    pairs.iter().map(line).collect()
}

fn detail_table(rows: &[Detail], lang: Lang, color: bool) -> String {
    let faint = |text: String| Cell::new(text, Ink::Faint);
    let head = [details::metric(lang), details::value(lang), words::target(lang), details::status(lang)];
    let mut all = vec![head.map(faint).to_vec()];
    all.extend(rows.iter().map(|row| {
        let status = row
            .mark
            .map_or_else(String::new, |mark| format!("{} {}", words::symbol(mark), words::mark(lang, mark)));
        vec![
            row.name.clone().into(),
            row.value.clone().into(),
            row.target.clone().into(),
            Cell::new(status, row.mark.map_or(Ink::Plain, ink)),
        ]
    }));
    table(&all, &[Side::Left, Side::Right, Side::Left, Side::Left], INDENT, color)
}

/// The capacity units of a run as a terminal of so many columns shows them; none of a run without any.
pub fn capacity_units(results: &Results, lang: Lang, columns: usize) -> Option<String> {
    let columns = columns.clamp(NARROWEST, COLUMNS);
    let mut sheet = capacity::units_of(lang, results);
    if sheet.rows.is_empty() {
        return None;
    }
    sheet.heads.iter_mut().for_each(|head| *head = head.to_lowercase());
    // The units speak for themselves.
    sheet.heads[1].clear();
    sheet.fit(columns);
    let rows: Vec<Vec<String>> = [&sheet.heads].into_iter().chain(&sheet.rows).cloned().collect();
    let text = grid(&rows, &vec![Side::Left; sheet.words]);
    Some(text + &sheet.notes.iter().map(|note| paragraph(note, columns, "  ")).collect::<String>())
}

/// Service and response time, and what they mean.
fn both_times(both: &Both, color: bool) -> String {
    let head = both.heads.iter().map(|text| Cell::new(text.as_str(), Ink::Faint)).collect();
    let rows = both.rows.iter().map(|row| row.iter().cloned().map(Cell::from).collect());
    let all: Vec<Vec<Cell>> = [head].into_iter().chain(rows).collect();
    let sides: Vec<Side> =
        (0..both.heads.len()).map(|at| if at == 0 { Side::Left } else { Side::Right }).collect();
    let mut text = table(&all, &sides, INDENT, color);
    for note in &both.notes {
        let note = paragraph(note, COLUMNS, "  ");
        text += &note.lines().map(|line| Ink::Faint.on(line, color) + "\n").collect::<String>();
    }
    text
}

fn capacity_table(sheet: &Sheet, color: bool) -> String {
    let head = sheet.heads.iter().map(|text| Cell::new(text.as_str(), Ink::Faint)).collect();
    let rows = sheet.rows.iter().map(|row| row.iter().cloned().map(Cell::from).collect());
    let all: Vec<Vec<Cell>> = [head].into_iter().chain(rows).collect();
    let mut text = format!("{:INDENT$}{}\n", "", sheet.heading);
    text += &table(&all, &vec![Side::Left; sheet.words], INDENT, color);
    for note in &sheet.notes {
        let note = paragraph(note, COLUMNS, "  ");
        text += &note.lines().map(|line| Ink::Faint.on(line, color) + "\n").collect::<String>();
    }
    text
}

/// A line per step; where there are many, some of them.
fn step_table(judgement: &Judgement, lang: Lang, color: bool) -> String {
    let all = &judgement.steps;
    let places = staircase::shown(all.len(), judgement.breaking_point.as_ref().map(|point| point.step));
    let steps: Vec<&StepResult> = places.iter().filter_map(|at| all.get(*at)).collect();
    let with_cpu = steps.iter().any(|step| step.target_cpu.is_some());
    let head = [load(lang), "TPS".into(), "p95".into(), "p99".into(), errors(lang)];
    let head = head.into_iter().chain(with_cpu.then(|| "CPU".to_owned()));
    let mut rows = vec![head.map(|text| Cell::new(text, Ink::Faint)).collect::<Vec<_>>()];
    rows.extend(steps.iter().map(|step| {
        let cells = [
            words::step(step),
            figure::number(step.tps),
            figure::duration(lang, step.p95),
            figure::duration(lang, step.p99),
            figure::percent(step.error_rate),
        ];
        let cpu = with_cpu.then(|| step.target_cpu.map_or(figure::NOTHING.into(), figure::cpu));
        cells.into_iter().chain(cpu).map(Cell::from).collect()
    }));
    let mut text = table(&rows, &[Side::Left], INDENT, color);
    let some = (steps.len() < all.len()).then(|| some_steps(lang, steps.len(), all.len()));
    for note in with_cpu.then(|| cpu(lang)).into_iter().chain(some) {
        let note = paragraph(&note, COLUMNS, "  ");
        text += &format!("{}\n", Ink::Faint.on(note.trim_end(), color));
    }
    text
}

fn analysis_table(parts: &[Part]) -> String {
    let mut rows = Vec::new();
    for part in parts {
        rows.push((part.name.clone(), part.text.clone()));
        rows.extend(part.figures.iter().map(|(label, value)| (format!("  {label}"), value.clone())));
    }
    pairs(&rows)
}
