//! The house rules: what keeps the source easy to find one's way in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::run::Run;

/// Lines of a file without its tests, at most.
const LONGEST_FILE: usize = 600;

/// Lines of a function, at most.
const LONGEST_FUNCTION: usize = 100;

/// Tables of contents that also hold the table they are about.
const TABLES: [&str; 4] = [
    // The match over all commands.
    "cli/src/commands/mod.rs",
    // The list of what a demonstration is made of.
    "cli/src/demo/mod.rs",
    // The macro that declares all modules of scripts.
    "k6/src/modules/mod.rs",
    // The module `k6/http` itself, which is too large for one file.
    "k6/src/modules/http/mod.rs",
];

/// Which crates of ours each crate may use.
const MAY_USE: [(&str, &[&str]); 17] = [
    ("metrics", &[]),
    ("shop", &[]),
    ("text", &[]),
    ("http", &["metrics"]),
    ("engine", &["metrics"]),
    ("record", &["metrics", "text"]),
    ("summary", &["metrics", "record", "text"]),
    ("observe", &["http", "text"]),
    ("diagnosis", &["record", "text"]),
    ("report", &["diagnosis", "record", "text"]),
    ("dynamodb", &["engine", "http", "metrics", "record"]),
    ("dynamodb-shop", &["shop"]),
    ("test", &["engine", "http", "metrics", "record", "text"]),
    ("k6", &["dynamodb", "engine", "http", "metrics", "record", "test"]),
    ("plan", &["diagnosis", "engine", "http", "metrics", "observe", "record", "test"]),
    ("session", &["diagnosis", "engine", "http", "metrics", "observe", "record", "summary", "test", "text"]),
    (
        "cli",
        &[
            "diagnosis",
            "dynamodb",
            "dynamodb-shop",
            "engine",
            "http",
            "k6",
            "metrics",
            "observe",
            "plan",
            "record",
            "report",
            "session",
            "shop",
            "summary",
            "test",
            "text",
        ],
    ),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

fn files_below(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, extension, found);
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
}

/// All source files by their path below `crates`, those of tests too if asked for.
fn sources(tests: bool) -> BTreeMap<String, String> {
    let crates = root().join("crates");
    let mut paths = Vec::new();
    for (name, _) in MAY_USE {
        for folder in if tests { &["src", "tests", "examples"][..] } else { &["src"] } {
            let folder = crates.join(name).join(folder);
            if folder.exists() {
                files_below(&folder, "rs", &mut paths);
            }
        }
    }
    let name = |path: &Path| path.strip_prefix(&crates).unwrap().to_str().unwrap().replace('\\', "/");
    paths.iter().map(|path| (name(path), std::fs::read_to_string(path).unwrap())).collect()
}

fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap()
}

/// The functions of a file, as rustfmt leaves them: their first line, and how many lines they have.
fn functions(text: &str) -> Vec<(&str, usize)> {
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

#[test]
fn every_file_opens_with_its_sentence() {
    let without: Vec<_> = sources(true).into_iter().filter(|(_, text)| !text.starts_with("//! ")).collect();
    assert!(without.is_empty(), "{:?}", without.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn files_and_functions_are_short() {
    for (name, text) in sources(true) {
        let lines = without_tests(&text).lines().count();
        assert!(lines <= LONGEST_FILE, "{name} has {lines} lines");
        for (function, lines) in functions(&text) {
            assert!(lines <= LONGEST_FUNCTION, "{name}: {function} has {lines} lines");
        }
    }
}

#[test]
fn tables_of_contents_hold_nothing_else() {
    for (name, text) in sources(false) {
        let is_table = name.ends_with("/mod.rs") || name.ends_with("/lib.rs");
        if is_table && !TABLES.contains(&name.as_str()) {
            assert_eq!(functions(without_tests(&text)), [], "{name}");
        }
    }
}

#[test]
fn crates_use_each_other_one_way_only() {
    let mut folders: Vec<_> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut known: Vec<_> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(folders, known, "a new crate has its place in this table");
    for (name, may_use) in MAY_USE {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        let section =
            manifest.split("\n[dependencies]\n").nth(1).unwrap_or_default().split("\n[").next().unwrap();
        for line in section.lines().filter(|line| line.starts_with("flashcrowd")) {
            let used = line.trim_start_matches("flashcrowd-").split(['.', ' ', '=']).next().unwrap();
            assert!(may_use.contains(&used), "{name} must not use {used}");
        }
    }
}

#[test]
fn nothing_is_allowed_without_a_word() {
    for (name, text) in sources(true) {
        let bare = text.lines().find(|line| {
            line.trim_start().starts_with("#[allow") || line.trim_start().starts_with("#![allow")
        });
        assert_eq!(bare, None, "{name}");
    }
}

#[test]
fn the_examples_can_be_read() {
    let mut examples = Vec::new();
    files_below(&root().join("examples/k6"), "js", &mut examples);
    assert!(examples.len() >= 2);
    for path in examples {
        let outcome = Run::of("inspect").arg(path.to_str().unwrap()).go();
        assert!(outcome.code == Some(0) && outcome.stdout.contains("\"scenarios\""), "{outcome:?}");
    }
}
