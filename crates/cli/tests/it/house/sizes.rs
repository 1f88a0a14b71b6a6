//! The house rules of size, measured as rustfmt lays code out by default, so that no setting can make it look shorter.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use super::rules::{sources, without_tests};

/// Lines of a file without its tests, at most.
const LONGEST_FILE: usize = 600;

/// Lines of a function, at most.
const LONGEST_FUNCTION: usize = 100;

/// Parameters of a function, at most.
const MOST_PARAMETERS: usize = 6;

/// Fields of a struct, at most.
const MOST_FIELDS: usize = 12;

/// Files of a folder, at most.
const MOST_FILES: usize = 19;

/// Longer files, and why.
const LONG: &[(&str, &str)] = &[
    ("diagnosis/tests/diagnosis/expectations.rs", "tables of cases, a row a case"),
    (
        "diagnosis/tests/diagnosis/prime_day.rs",
        "one model of a run, which tests of other crates read as a file",
    ),
    ("diagnosis/tests/diagnosis/worked.rs", "the reader of one small language"),
];

/// Structs with more fields, and why.
const WIDE: &[(&str, &str)] = &[
    ("cli/src/args/network.rs NetworkArgs", "options of the command line"),
    ("cli/src/args/run/results.rs ResultArgs", "options of the command line"),
    ("cli/src/commands/find.rs FindArgs", "options of the command line"),
    ("cli/src/commands/shop/args.rs ShopArgs", "options of the command line"),
    ("cli/src/run/config.rs Config", "options of the command line, resolved"),
    ("cluster/src/standing.rs Standing", "where a scenario stands, as it is told"),
    ("dynamodb/src/measures.rs Measures", "a field for each metric"),
    ("http/src/config.rs ClientConfig", "options of the client"),
    ("http/src/exchange.rs Exchange", "all that is known of an exchange"),
    ("k6/src/program.rs Program", "what all virtual users share, filled at different times"),
    ("k6/src/settings.rs Settings", "options of scripts"),
    ("k6/src/state.rs VuState", "what host functions need of their virtual user"),
    ("live/src/view.rs ScenarioView", "sent to the page"),
    ("live/src/view.rs Totals", "sent to the page"),
    ("locust/src/child/hello.rs Hello", "all that a child says of a file"),
    ("locust/src/child/hello.rs Settings", "options of the command line"),
    ("locust/src/outcome.rs Outcome", "all that a run can come to"),
    ("locust/src/play/run.rs Run", "the state of a run, which one loop changes"),
    ("locust/src/play/stage.rs Stage", "all that is kept of a Python process"),
    ("locust/src/stats/report.rs Row", "a field for each column of the table"),
    ("plan/src/behaviour/call.rs Call", "a request as a plan may describe it"),
    ("plan/src/behaviour/user.rs User", "what tasks need of their virtual user"),
    ("plan/src/model.rs TestPlan", "what a plan may say"),
    ("record/src/judgement.rs StepResult", "written to result.json"),
    ("record/src/results.rs Results", "written to result.json"),
    ("record/src/run_info.rs RunInfo", "written to run.json"),
    ("record/src/search/result.rs SearchResult", "written to result.json"),
    ("record/src/timeline/line.rs TimelineLine", "written to timeline.jsonl"),
    ("report/src/measures.rs Measures", "a field for each figure of a request"),
    ("session/src/settings.rs Settings", "options of a session"),
    ("shop/src/config.rs ShopConfig", "how a shop can be set up"),
];

/// Folders with more files, and why.
const FULL: &[(&str, &str)] = &[];

/// The sources in rustfmt's default layout.
fn laid_out() -> BTreeMap<String, String> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("rustfmt.toml"), "max_width = 100\n").unwrap();
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--config-path"]).arg(folder.path());
    let sources = sources(true);
    for (name, text) in &sources {
        let path = folder.path().join(name.replace('/', "__"));
        // Modules in files of their own would be followed.
        let inline = |line: &str| if is_module(line) { line.replace(';', " {}") } else { line.to_owned() };
        fs::write(&path, text.lines().map(|line| inline(line) + "\n").collect::<String>()).unwrap();
        command.arg(path);
    }
    let output = command.output().expect("rustfmt is a component of Rust: rustup component add rustfmt");
    let read = |name: &str| fs::read_to_string(folder.path().join(name.replace('/', "__"))).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    sources.keys().map(|name| (name.clone(), read(name))).collect()
}

fn is_module(line: &str) -> bool {
    let code = line.trim_start();
    let code = ["pub ", "pub(crate) ", "pub(super) "]
        .iter()
        .fold(code, |code, word| code.strip_prefix(word).unwrap_or(code));
    code.starts_with("mod ") && code.ends_with(';')
}

/// The functions of a file, as rustfmt leaves them: their first line, and how many lines they have.
pub fn functions(text: &str) -> Vec<(&str, usize)> {
    let lines: Vec<&str> = text.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        let is_comment = code.starts_with("//");
        let before = code.split("fn ").next().unwrap_or_default();
        let is_function = code.contains("fn ")
            && before
                .split_whitespace()
                .all(|word| word.starts_with("pub") || ["const", "async", "unsafe"].contains(&word));
        if is_comment || !is_function || code.ends_with(';') || code.ends_with('}') {
            continue;
        }
        let end = format!("{}}}", &line[..line.len() - code.len()]);
        let length = lines[at..].iter().position(|line| *line == end).map_or(1, |length| length + 1);
        found.push((code, length));
    }
    found
}

/// The elements of a list in brackets that begins behind `open`, at the top level of the list.
fn elements(code: &str, open: char, close: char) -> usize {
    let Some(start) = code.find(open) else { return 0 };
    let (mut depth, mut count, mut is_empty) = (0i32, 0, true);
    for c in code[start + 1..].chars() {
        match c {
            '(' | '[' | '{' => depth += 1,
            _ if c == close && depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            // Of `->`, too: a list of parameters has no comparison.
            '<' => depth += 1,
            '>' => depth -= 1,
            ',' if depth == 0 => {
                count += 1;
                is_empty = true;
                continue;
            }
            _ => {}
        }
        is_empty &= c.is_whitespace();
    }
    count + usize::from(!is_empty)
}

#[test]
fn files_and_functions_are_short() {
    let mut long = Vec::new();
    for (name, text) in laid_out() {
        for (function, lines) in functions(&text) {
            assert!(lines <= LONGEST_FUNCTION, "{name}: {function} has {lines} lines");
        }
        if without_tests(&text).lines().count() > LONGEST_FILE {
            long.push(name);
        }
    }
    assert_eq!(long, LONG.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn functions_take_few_parameters() {
    for (name, text) in sources(false) {
        let text = without_tests(&text);
        for (at, _) in text.match_indices("fn ") {
            let head: String = text[at..].chars().take_while(|c| *c != '{' && *c != ';').collect();
            let is_function = head.contains('(') && head[3..].starts_with(|c: char| c.is_ascii_lowercase());
            let head = head.replace("->", "");
            let from = head.find('(').unwrap_or_default();
            let count = elements(&head[from..], '(', ')');
            assert!(!is_function || count <= MOST_PARAMETERS, "{name}: {head} takes {count}");
        }
    }
}

#[test]
fn structs_have_few_fields() {
    let mut wide = Vec::new();
    for (name, text) in sources(false) {
        let text = without_tests(&text);
        for (at, _) in text.match_indices("struct ") {
            let line = text[at..].lines().next().unwrap();
            let is_struct = line.ends_with('{') && text[..at].ends_with(['\n', ' ']);
            let body = text[at..].split("\n}").next().unwrap();
            let fields = body.lines().skip(1).filter(|line| {
                let code =
                    line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("pub(super) ");
                let code = code.trim_start_matches("pub ");
                let word: String =
                    code.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
                !word.is_empty()
                    && code[word.len()..].starts_with(':')
                    && !code[word.len()..].starts_with("::")
            });
            if is_struct && fields.count() > MOST_FIELDS {
                let name_of = line["struct ".len()..].split(|c: char| !c.is_alphanumeric()).next().unwrap();
                wide.push(format!("{name} {name_of}"));
            }
        }
    }
    wide.sort();
    assert_eq!(wide, WIDE.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}

#[test]
fn folders_hold_few_files() {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for name in sources(true).into_keys() {
        *folders.entry(name.rsplit_once('/').unwrap().0.to_owned()).or_default() += 1;
    }
    let full: Vec<_> =
        folders.into_iter().filter(|(_, files)| *files > MOST_FILES).map(|(name, _)| name).collect();
    assert_eq!(full, FULL.iter().map(|(name, _)| *name).collect::<Vec<_>>());
}
