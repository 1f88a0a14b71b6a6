//! The setup is what was run: phases, scenarios, options, the machine, and what to know before trusting the figures.

use flashcrowd_record::{HostInfo, Phase, RunInfo};
use flashcrowd_text::{Lang, figure, first_characters, messages};
use maud::{Markup, html};
use serde_json::Value;

use super::table::{Head, Row, Table};
use crate::chart::clock;
use crate::model::Report;
use crate::words;

/// So many phases have a row of their own, and so many warnings a line.
const MOST_ROWS: usize = 50;
/// A text of a record is shown up to so many characters.
const LONGEST: usize = 300;

/// Options that say nothing about a run: they are always there, or stand elsewhere on the page.
const QUIET: [&str; 8] = [
    "scenarios",
    "thresholds",
    "host",
    "setupTimeout",
    "teardownTimeout",
    "handleSummaryTimeout",
    "summaryTrendStats",
    "systemTags",
];
/// Settings of a scenario that say nothing when they are so.
const USUAL: [(&str, &str); 2] = [("startTime", "0s"), ("exec", "default")];

messages! {
    fn heading() { en: "What was run", ko: "실행 구성" }
    fn phases() { en: "Phases", ko: "단계" }
    fn scenario() { en: "Scenario", ko: "시나리오" }
    fn from() { en: "From", ko: "시작" }
    fn to() { en: "To", ko: "종료" }
    fn ramp() { en: "Ramp", ko: "증가 구간" }
    fn load() { en: "Load", ko: "부하" }
    fn scenarios() { en: "Scenarios", ko: "시나리오" }
    fn executor() { en: "Executor", ko: "실행 방식" }
    fn settings() { en: "Settings", ko: "설정" }
    fn others() { en: "Options and machine", ko: "옵션과 부하 발생기" }
    fn files() { en: "Files", ko: "파일" }
    fn machine() { en: "Load generator", ko: "부하 발생기" }
    fn processors(count: usize) { en: "{count} CPUs", ko: "CPU {count}개" }
    fn memory(size: String) { en: "{size} of memory", ko: "메모리 {size}" }
    fn variables() { en: "Variables", ko: "환경 변수" }
    fn more(count: usize) { en: "and {count} more", ko: "외 {count}건" }
}

/// The setup.
pub(crate) fn setup(report: &Report, lang: Lang) -> Markup {
    let run = &report.record.run;
    let scenarios_table = of_scenarios(run, lang);
    let facts = facts(run, lang);
    let told = &report.results.warnings;
    html! {
        section aria-labelledby="setup" {
            h2 #setup { (heading(lang)) }
            @if !run.phases.is_empty() {
                h3 { (phases(lang)) }
                (of_phases(&run.phases, lang).render())
            }
            @if !scenarios_table.rows.is_empty() {
                h3 { (scenarios(lang)) }
                (scenarios_table.render_cards())
            }
            @if !facts.is_empty() {
                h3 { (others(lang)) }
                dl .pairs { @for (label, text) in facts { div { dt { (label) } dd { (text) } } } }
            }
            @if !told.is_empty() {
                h3 { (words::warnings_heading(lang)) }
                ul {
                    @for warning in told.iter().take(MOST_ROWS) { li { (first_characters(warning, LONGEST)) } }
                    @if told.len() > MOST_ROWS { li { (more(lang, told.len() - MOST_ROWS)) } }
                }
            }
        }
    }
}

fn of_phases(all: &[Phase], lang: Lang) -> Table {
    let any_ramp = all.iter().any(|phase| phase.settled > phase.start);
    let row = |phase: &Phase| {
        let from = phase.ramp_from.map_or_else(String::new, |from| format!("{}→", figure::number(from)));
        let load = match (phase.users, phase.rate) {
            (Some(users), _) => from + &figure::load(lang, users as f64, true),
            (None, Some(rate)) => from + &figure::load(lang, rate, false),
            (None, None) => figure::NOTHING.to_owned(),
        };
        let length = phase.settled - phase.start;
        let ramp = || if length > 0.0 { figure::length(lang, length) } else { figure::NOTHING.to_owned() };
        let texts = [phase.scenario.clone(), load, clock(phase.start), clock(phase.end)];
        Row::of(texts.into_iter().chain(any_ramp.then(ramp)))
    };
    let mut rows: Vec<Row> = all.iter().take(MOST_ROWS).map(row).collect();
    if all.len() > MOST_ROWS {
        rows.push(Row::of([more(lang, all.len() - MOST_ROWS)]));
    }
    let mut heads = vec![
        Head::words(scenario(lang)),
        Head::number(load(lang)),
        Head::number(from(lang)),
        Head::number(to(lang)),
    ];
    heads.extend(any_ramp.then(|| Head::number(ramp(lang))));
    Table { caption: phases(lang), heads, rows }
}

fn of_scenarios(run: &RunInfo, lang: Lang) -> Table {
    let has_phases = !run.phases.is_empty();
    let row = |(name, settings): (&String, &Value)| {
        let kind = settings["executor"].as_str().unwrap_or(figure::NOTHING).to_owned();
        let others = settings.as_object().into_iter().flatten();
        let is_usual = |key: &str, value: &Value| {
            USUAL.iter().any(|usual| *usual == (key, value.as_str().unwrap_or("")))
        };
        let others =
            others.filter(|(key, value)| *key != "executor" && !is_nothing(value) && !is_usual(key, value));
        // What the stages order is the table of phases.
        let others = others.filter(|(key, _)| *key != "stages" || !has_phases);
        let texts: Vec<String> = others.map(|(key, value)| format!("{key}: {}", short(value))).collect();
        Row::of([first_characters(name, LONGEST), kind, first_characters(&texts.join(", "), 2 * LONGEST)])
    };
    let rows = run.options["scenarios"].as_object().into_iter().flatten().take(MOST_ROWS).map(row).collect();
    let heads = vec![Head::words(scenario(lang)), Head::words(executor(lang)), Head::words(settings(lang))];
    Table { caption: scenarios(lang), heads, rows }
}

fn facts(run: &RunInfo, lang: Lang) -> Vec<(String, String)> {
    let mut facts = Vec::new();
    let paths: Vec<&str> = run.sources.iter().map(|source| source.path.as_str()).collect();
    if !paths.is_empty() {
        facts.push((files(lang), first_characters(&paths.join(", "), LONGEST)));
    }
    let machine_text = of_host(&run.host, lang);
    if !machine_text.is_empty() {
        facts.push((machine(lang), machine_text));
    }
    if !run.env.is_empty() {
        let texts: Vec<String> = run.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
        facts.push((variables(lang), first_characters(&texts.join(", "), LONGEST)));
    }
    let options = run.options.as_object().into_iter().flatten();
    let shown = options.filter(|(name, value)| !QUIET.contains(&name.as_str()) && !is_nothing(value));
    facts.extend(shown.take(MOST_ROWS).map(|(name, value)| (first_characters(name, LONGEST), short(value))));
    facts
}

fn of_host(host: &HostInfo, lang: Lang) -> String {
    let system = format!("{} {}", host.os, host.arch);
    let cpus = if host.cpus > 0 { processors(lang, host.cpus) } else { String::new() };
    let size = host.memory_bytes.map_or_else(String::new, |bytes| memory(lang, figure::bytes(bytes as f64)));
    let parts = [host.name.clone(), system.trim().to_owned(), cpus, size];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

/// Whether an option says nothing.
fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

fn short(value: &Value) -> String {
    first_characters(&value.as_str().map_or_else(|| value.to_string(), str::to_owned), LONGEST)
}
