//! The report as text, and the verdict that ends every judged run on the terminal.

use flashcrowd_diagnosis::{expectation_text, finding_text};
use flashcrowd_record::{ExpectationResult, Judgement, Mark, Results, Severity, StepResult, Verdict};
use flashcrowd_text::{Cell, Fitted, Ink, Lang, Side, figure, grid, messages, paragraph, table, width};

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
use crate::staircase;
use crate::words;

/// Below the summary, what can be done is told in short, and not at all for mere notes.
const FIRST_REMEDIES: usize = 2;
/// Blanks in front of what belongs to a heading.
const INDENT: usize = 2;
/// So many requests have a row in the document, and below a summary.
const MOST_REQUESTS: usize = 30;
const FEW_REQUESTS: usize = 10;
/// So many warnings have a line.
const MOST_WARNINGS: usize = 50;
/// The columns of requests that are left out where there is no room: the mean, the rate, the largest, the median.
const SPARE: [usize; 4] = [4, 2, 8, 5];

messages! {
    fn title(name: &str) { en: "Test Report: {name}", ko: "테스트 보고서: {name}" }
    fn load() { en: "Load", ko: "부하" }
    fn cpu() { en: "CPU: target CPU, 100% = one core.", ko: "CPU: 대상 CPU 사용률이며 100%가 1코어입니다." }
    fn some_steps(shown: usize, all: usize) {
        en: "{shown} of {all} steps shown; the HTML and JSON reports have them all.",
        ko: "전체 {all}단계 중 {shown}단계만 표시했습니다. 나머지는 HTML과 JSON 보고서에 있습니다.",
    }
    fn some_requests(shown: usize, all: usize) {
        en: "The {shown} slowest of {all} requests; the HTML and JSON reports have more.",
        ko: "요청 종류 {all}개 중 가장 느린 {shown}개입니다. 나머지는 HTML과 JSON 보고서에 있습니다.",
    }
}

/// The row of the table of formats.
pub(crate) const FORMAT: Format =
    Format { names: &["text"], extensions: &["txt"], report: render, comparison: Some(comparison::text) };

/// The whole document: the verdict, what it comes from and what can be done, then the figures.
pub(crate) fn render(report: &Report, layout: Layout) -> String {
    let Layout { lang, color, .. } = layout;
    let mut text = Ink::Bold.on(&title(lang, &report.record.run.test.name), color) + "\n";
    text += &pairs(&details::header(lang, report), layout);
    if let Some(caution) = analysis::caution(lang, report) {
        text += &format!("\n{}", Ink::Yellow.on(paragraph(&caution, layout.prose(), "! ").trim_end(), color));
        text.push('\n');
    }
    if let Some(search) = &report.results.search {
        text += &format!("\n{}\n", Ink::Bold.on(&found::heading(lang), color));
        text += &found::search_text(search, lang, color, layout.prose());
    }
    text += &format!("\n{}", headline(&report.judgement, lang, color).trim_start());
    text += &paragraph(&answer::answer(lang, report), layout.prose(), "  ");
    let sections = [
        (duet::heading(lang), duet_table(&report.results, layout).unwrap_or_default()),
        (words::bottlenecks_heading(lang), causes(report, layout)),
        (words::expectations_heading(lang), expected(report, layout)),
        (words::details_heading(lang), all_details(report, layout)),
        (
            requests::heading(lang),
            request_table(&report.results, report.load_seconds(), MOST_REQUESTS, layout).unwrap_or_default(),
        ),
        (from_due::heading(lang), both_times(report, layout)),
        (capacity::heading(lang), capacity_tables(report, layout)),
        (words::steps_heading(lang), step_table(report, layout)),
        (words::analysis_heading(lang), analysis_table(report, layout)),
        (words::conclusion_heading(lang), conclusion(report, layout)),
        (words::warnings_heading(lang), warnings(report, layout)),
    ];
    for (heading, body) in sections.into_iter().filter(|(_, body)| !body.is_empty()) {
        text += &format!("\n{}\n{body}", Ink::Bold.on(&heading, color));
    }
    text
}

/// What to know before trusting the figures.
fn warnings(report: &Report, layout: Layout) -> String {
    let all = &report.results.warnings;
    let mut text: String =
        all.iter().take(MOST_WARNINGS).map(|one| paragraph(one, layout.prose(), "  ! ")).collect();
    if all.len() > MOST_WARNINGS {
        text += &format!("    {}\n", words::more_warnings(layout.lang, all.len() - MOST_WARNINGS));
    }
    text
}

/// The verdict, what it comes from, and expectations, as a terminal shows them below the summary.
pub fn verdict(judgement: &Judgement, layout: Layout) -> String {
    let Layout { lang, color, .. } = layout;
    let mut text = headline(judgement, lang, color);
    if matches!(judgement.verdict, Verdict::Fail | Verdict::NotMeasurable | Verdict::NotJudged) {
        let reason = words::reason(lang, judgement).unwrap_or_default();
        text += &paragraph(&reason, layout.prose(), "    ");
    }
    if let Some(sentence) = breaking::sentence(lang, judgement) {
        text += &format!("\n  {}\n", Ink::Bold.on(&words::breaking_point(lang), color));
        text += &paragraph(&sentence, layout.prose(), "    ");
    }
    if judgement.findings.iter().any(|found| !analysis::is_told(judgement, found)) {
        text += &format!("\n  {}\n", Ink::Bold.on(&words::findings_heading(lang), color));
        text += &found_in(judgement, layout, FIRST_REMEDIES);
    }
    if !judgement.expectations.is_empty() {
        text += &format!("\n{}", expectations(&judgement.expectations, layout));
    }
    text
}

/// The requests of a run, the slowest first, as a terminal shows them below the summary; none where there is but one.
pub fn request_times(results: &Results, layout: Layout) -> Option<String> {
    let table = request_table(results, results.load_seconds(), FEW_REQUESTS, layout)?;
    let heading = Ink::Bold.on(&requests::heading(layout.lang), layout.color);
    Some(format!("  {heading}\n{table}"))
}

/// Where it hurts and what was found, with all that can be done.
fn causes(report: &Report, layout: Layout) -> String {
    let Some(found) = analysis::bottleneck(layout.lang, report) else {
        return found_in(&report.judgement, layout, usize::MAX);
    };
    pairs(&found.pairs(), layout) + &found_in(&report.judgement, layout, usize::MAX)
}

/// Expectations, and what ramps mean for them.
fn expected(report: &Report, layout: Layout) -> String {
    let mut text = expectations(&report.judgement.expectations, layout);
    if let Some(note) = analysis::on_ramps(layout.lang, report) {
        text += &faint(&note, "    ", layout);
    }
    text
}

/// A note in faint letters.
fn faint(note: &str, first: &str, layout: Layout) -> String {
    let lines = paragraph(note, layout.prose(), first);
    lines.lines().map(|line| Ink::Faint.on(line, layout.color) + "\n").collect()
}

fn headline(judgement: &Judgement, lang: Lang, color: bool) -> String {
    let mark = words::verdict_mark(judgement.verdict);
    let word = words::verdict(lang, judgement.verdict).to_uppercase();
    let shown = ink(mark).on(&format!("{} {word}", words::symbol(mark)), color);
    format!("  {}  {shown}\n", Ink::Bold.on(&words::verdict_heading(lang), color))
}

/// Expectations, a line each. How they came about stands beside them if there is room, else below those that did
/// not pass.
fn expectations(all: &[ExpectationResult], layout: Layout) -> String {
    let Layout { lang, color, .. } = layout;
    const SIDES: [Side; 4] = [Side::Left, Side::Left, Side::Right, Side::Left];
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
    let plain = table(&rows, &SIDES, 4, false);
    let widest = plain.lines().map(width).max().unwrap_or(0);
    if widest > layout.columns() {
        return narrow_expectations(all, layout);
    }
    let mut text = String::new();
    for ((line, plain), one) in lines.lines().zip(plain.lines()).zip(all) {
        let why = expectation_text(lang, one);
        if widest + 2 + width(&why) <= layout.prose() {
            let blanks = " ".repeat(widest + 2 - width(plain));
            text += format!("{line}{blanks}{}", Ink::Faint.on(&why, color)).trim_end();
            text.push('\n');
            continue;
        }
        text += &format!("{line}\n");
        if one.result != Mark::Pass {
            text += &faint(&why, "       ", layout);
        }
    }
    text
}

/// Expectations where there is little room: the values stand below the names.
fn narrow_expectations(all: &[ExpectationResult], layout: Layout) -> String {
    let Layout { lang, color, .. } = layout;
    let line = |one: &ExpectationResult| {
        let symbol = words::symbol(one.result);
        let name =
            paragraph(&words::expectation(lang, &one.name), layout.columns(), &format!("    {symbol}  "));
        let name = name.replacen(symbol, &ink(one.result).on(symbol, color), 1);
        let (value, target) = (words::outcome(lang, one), Ink::Faint.on(&one.target, color));
        let mut text = format!("{name}       {}  {target}\n", ink_of_value(one.result).on(&value, color));
        if one.result != Mark::Pass {
            text += &faint(&expectation_text(lang, one), "       ", layout);
        }
        text
    };
    all.iter().map(line).collect()
}

fn found_in(judgement: &Judgement, layout: Layout, remedies: usize) -> String {
    let Layout { lang, color, .. } = layout;
    let mut text = String::new();
    for found in judgement.findings.iter().filter(|found| !analysis::is_told(judgement, found)) {
        let (symbol, ink) = match found.severity {
            Severity::Critical => (words::symbol(Mark::Fail), Ink::Red),
            Severity::Warning => (words::symbol(Mark::Warn), Ink::Yellow),
            Severity::Info => ("i", Ink::Faint),
        };
        let words = finding_text(lang, found);
        let title = paragraph(&words.title, layout.prose(), &format!("    {symbol}  "));
        text += &title.replacen(symbol, &ink.on(symbol, color), 1);
        text += &paragraph(&words.evidence, layout.prose(), "       ");
        let is_short = found.severity == Severity::Info && remedies == FIRST_REMEDIES;
        for remedy in words.remedies.iter().take(if is_short { 0 } else { remedies }) {
            text += &paragraph(remedy, layout.prose(), "       → ");
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
fn pairs(pairs: &[(String, String)], layout: Layout) -> String {
    let widest = pairs.iter().map(|(label, _)| width(label)).max().unwrap_or(0);
    let line = |(label, value): &(String, String)| {
        let blanks = " ".repeat(widest - width(label));
        let line = paragraph(value, layout.prose(), &format!("{:INDENT$}{label}{blanks}  ", ""));
        line.trim_end().to_owned() + "\n"
    };
    pairs.iter().map(line).collect()
}

fn detail_table(rows: &[Detail], layout: Layout) -> String {
    let lang = layout.lang;
    if rows.is_empty() {
        return String::new();
    }
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
    let sides = [Side::Left, Side::Right, Side::Left, Side::Left];
    fitted(&sides, &[], layout).text(&all, layout.color)
}

/// Both variants of a duet side by side; none of other runs.
pub fn duet_table(results: &Results, layout: Layout) -> Option<String> {
    let mut sheet = duet::sheet(layout.lang, results.duet.as_ref()?);
    sheet.fit(layout.columns());
    Some(capacity_table(&sheet, layout))
}

/// How a table of the document is set.
fn fitted<'a>(sides: &'a [Side], spare: &'a [usize], layout: Layout) -> Fitted<'a> {
    Fitted { sides, spare, indent: INDENT, columns: layout.columns() }
}

/// Texts as cells, the first row in faint letters.
fn with_head(rows: Vec<Vec<String>>) -> Vec<Vec<Cell>> {
    let cells = |(at, row): (usize, Vec<String>)| {
        let ink = if at == 0 { Ink::Faint } else { Ink::Plain };
        row.into_iter().map(|text| Cell::new(text, ink)).collect()
    };
    rows.into_iter().enumerate().map(cells).collect()
}

/// The requests of a run; none where there are not several.
fn request_table(results: &Results, seconds: f64, most: usize, layout: Layout) -> Option<String> {
    let lang = layout.lang;
    let requests = slowest_first(results);
    if requests.len() < 2 {
        return None;
    }
    let shown = &requests[..most.min(requests.len())];
    let rows = with_head(requests::short_table(lang, shown, seconds));
    let mut text = fitted(&[Side::Left], &SPARE, layout).text(&rows, layout.color);
    if shown.len() < requests.len() {
        text += &faint(&some_requests(lang, shown.len(), requests.len()), "  ", layout);
    }
    Some(text)
}

/// The capacity units of a run as a terminal shows them; none of a run without any.
pub fn capacity_units(results: &Results, layout: Layout) -> Option<String> {
    let mut sheet = capacity::units_of(layout.lang, results);
    if sheet.rows.is_empty() {
        return None;
    }
    sheet.heads.iter_mut().for_each(|head| *head = head.to_lowercase());
    // The units speak for themselves.
    sheet.heads[1].clear();
    sheet.fit(layout.prose());
    let rows: Vec<Vec<String>> = [&sheet.heads].into_iter().chain(&sheet.rows).cloned().collect();
    let text = grid(&rows, &vec![Side::Left; sheet.words]);
    Some(text + &sheet.notes.iter().map(|note| paragraph(note, layout.prose(), "  ")).collect::<String>())
}

/// Service and response time, and what they mean; nothing where there is no difference.
fn both_times(report: &Report, layout: Layout) -> String {
    let Some(both) = from_due::both(layout.lang, report) else { return String::new() };
    let rows = with_head([both.heads].into_iter().chain(both.rows).collect());
    let mut text = fitted(&[Side::Left], &[], layout).text(&rows, layout.color);
    both.notes.iter().for_each(|note| text += &faint(note, "  ", layout));
    text
}

fn capacity_tables(report: &Report, layout: Layout) -> String {
    let mut sheets = capacity::sheets(layout.lang, report);
    sheets.iter_mut().for_each(|sheet| sheet.fit(layout.prose()));
    sheets.iter().map(|sheet| capacity_table(sheet, layout)).collect::<Vec<_>>().join("\n")
}

fn capacity_table(sheet: &Sheet, layout: Layout) -> String {
    let rows = [&sheet.heads].into_iter().chain(&sheet.rows).cloned().collect();
    let mut text = format!("{:INDENT$}{}\n", "", sheet.heading);
    text += &table(&with_head(rows), &vec![Side::Left; sheet.words], INDENT, layout.color);
    text + &sheet.notes.iter().map(|note| faint(note, "  ", layout)).collect::<String>()
}

fn all_details(report: &Report, layout: Layout) -> String {
    let note =
        counting::note(layout.lang, report).map_or_else(String::new, |note| faint(&note, "  ", layout));
    detail_table(&details::details(layout.lang, report), layout) + &note
}

/// A line per step; where there are many, some of them.
fn step_table(report: &Report, layout: Layout) -> String {
    let judgement = &report.judgement;
    let (lang, all) = (layout.lang, &judgement.steps);
    if all.is_empty() {
        return String::new();
    }
    let places = staircase::shown(all.len(), judgement.breaking_point.as_ref().map(|point| point.step));
    let steps: Vec<(usize, &StepResult)> =
        places.iter().filter_map(|at| Some((*at, all.get(*at)?))).collect();
    let with_cpu = steps.iter().any(|(_, step)| step.target_cpu.is_some());
    let with_due = report.step_times.iter().any(Option::is_some);
    let mut head = vec![load(lang), "TPS".into(), "p95".into(), "p99".into()];
    head.extend(["p95", "p99"].into_iter().filter(|_| with_due).map(|at| words::from_due(lang, at)));
    head.push(words::errors(lang));
    head.extend(with_cpu.then(|| "CPU".to_owned()));
    let mut rows = vec![head];
    rows.extend(steps.iter().map(|(at, step)| {
        let mut cells = vec![words::step(step), figure::number(step.tps)];
        cells.extend([step.p95, step.p99].map(|ms| figure::duration(lang, ms)));
        cells.extend(
            with_due.then(|| from_due::of_step(lang, report.step_times.get(*at))).into_iter().flatten(),
        );
        cells.push(figure::percent(step.error_rate));
        cells.extend(with_cpu.then(|| step.target_cpu.map_or(figure::NOTHING.into(), figure::cpu)));
        cells
    }));
    let mut text = fitted(&[Side::Left], &[], layout).text(&with_head(rows), layout.color);
    let some = (steps.len() < all.len()).then(|| some_steps(lang, steps.len(), all.len()));
    for note in with_cpu.then(|| cpu(lang)).into_iter().chain(some) {
        text += &faint(&note, "  ", layout);
    }
    text
}

fn analysis_table(report: &Report, layout: Layout) -> String {
    let mut rows = Vec::new();
    for part in analysis::analysis(layout.lang, &Measures::of(report)) {
        rows.push((part.name, part.text));
        rows.extend(part.figures.into_iter().map(|(label, value)| (format!("  {label}"), value)));
    }
    pairs(&rows, layout)
}

fn conclusion(report: &Report, layout: Layout) -> String {
    let sentences = analysis::conclusion(layout.lang, report);
    sentences.iter().map(|sentence| paragraph(sentence, layout.prose(), "  - ")).collect()
}
