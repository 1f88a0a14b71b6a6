//! The head of the page: what was tested, the verdict as a large mark, the answer in a sentence, and the circumstances.

use flashcrowd_record::RunInfo;
use flashcrowd_text::{Lang, first_characters, messages};
use maud::{Markup, html};

use super::icon;
use crate::model::Report;
use crate::sections::requests::{origin, origins};
use crate::{analysis, answer, details, words};

/// So many targets are named.
const MOST_TARGETS: usize = 4;
/// The command is shown up to so many characters.
const LONGEST: usize = 2000;
/// Characters of arguments that need no quotes.
const PLAIN: &str = "-_./:=,@%+~";

messages! {
    pub(crate) fn kind() { en: "Load test report", ko: "부하 테스트 보고서" }
    fn target() { en: "Target", ko: "대상" }
    fn command() { en: "Command", ko: "실행 명령" }
}

/// The head.
pub(crate) fn head(report: &Report, lang: Lang) -> Markup {
    let verdict = report.judgement.verdict;
    let mark = words::verdict_mark(verdict);
    let mut facts = details::header(lang, report);
    let targets = targets(report);
    if !targets.is_empty() {
        facts.push((target(lang), targets.join(", ")));
    }
    let run = &report.record.run;
    html! {
        header {
            @if let Some(caution) = analysis::caution(lang, report) {
                p .banner role="alert" { (caution) }
            }
            p .kind { (kind(lang)) }
            h1 { (name(report)) }
            div class={ "verdict " (icon::class(mark)) } {
                p .word { (icon::shape(mark)) span { (words::verdict(lang, verdict)) } }
                p .answer { (answer::answer(lang, report)) }
            }
            dl .facts {
                @for (label, value) in facts { div { dt { (label) } dd { (value) } } }
                @if !run.args.is_empty() {
                    div .wide { dt { (command(lang)) } dd { code { (first_characters(&command_line(&run.args), LONGEST)) } } }
                }
            }
        }
    }
}

/// The name of the test.
pub(crate) fn name(report: &Report) -> &str {
    let test = &report.record.run.test;
    if test.name.is_empty() { &test.source } else { &test.name }
}

/// The arguments as one would type them.
fn command_line(args: &[String]) -> String {
    let quoted = |arg: &String| {
        let is_plain = !arg.is_empty() && arg.chars().all(|c| c.is_alphanumeric() || PLAIN.contains(c));
        if is_plain { arg.clone() } else { format!("'{}'", arg.replace('\'', "'\\''")) }
    };
    args.iter().map(quoted).collect::<Vec<_>>().join(" ")
}

/// Where requests went: as ordered, or else as their names tell.
fn targets(report: &Report) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut add = |origin: String| {
        if !found.contains(&origin) && found.len() < MOST_TARGETS {
            found.push(origin);
        }
    };
    ordered(&report.record.run).into_iter().for_each(&mut add);
    origins(&report.results).into_iter().for_each(&mut add);
    found
}

fn ordered(run: &RunInfo) -> Option<String> {
    let option = run.options["host"].as_str();
    let typed = run.args.iter().zip(run.args.iter().skip(1)).find(|(name, _)| *name == "--host");
    let joined = run.args.iter().find_map(|arg| arg.strip_prefix("--host="));
    let variable = ["BASE_URL", "HOST", "TARGET"].iter().find_map(|name| run.env.get(*name));
    let chosen = typed.map(|(_, value)| value.as_str()).or(joined).or(option);
    let chosen = chosen.or(variable.map(String::as_str)).filter(|value| !value.is_empty());
    chosen.map(|value| origin(value).unwrap_or_else(|| value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_quoted_where_a_shell_would_split_them() {
        let args = ["flashcrowd", "run", "-e", "NAME=a b", "it's.js", ""].map(str::to_owned);
        assert_eq!(command_line(&args), "flashcrowd run -e 'NAME=a b' 'it'\\''s.js' ''");
    }
}
