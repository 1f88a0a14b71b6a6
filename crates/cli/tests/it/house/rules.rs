//! The house rules: what keeps the source easy to find one's way in.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::sizes::functions;
use crate::run::Run;

/// Tables of contents that also hold the table they are about.
const TABLES: [&str; 3] = [
    // The macro that makes the commands from their table.
    "cli/src/commands/mod.rs",
    // The macro that declares all modules of scripts.
    "k6/src/modules/mod.rs",
    // The module `k6/http` itself, which is too large for one file.
    "k6/src/modules/http/mod.rs",
];

/// Which crates of ours each crate uses, and which in its tests besides; those that are used stand above.
const MAY_USE: [(&str, &[&str], &[&str]); 31] = [
    ("metrics", &[], &[]),
    ("http", &["metrics"], &[]),
    ("dynamodb", &["http", "metrics"], &[]),
    ("grpc", &["http"], &[]),
    ("shop", &[], &[]),
    ("sketch", &[], &[]),
    ("kubernetes", &[], &[]),
    ("dynamodb-shop", &["shop"], &[]),
    ("text", &[], &[]),
    ("search", &[], &[]),
    ("web", &[], &[]),
    ("engine", &["metrics", "text"], &[]),
    ("observe", &["http", "text"], &[]),
    ("outputs", &["engine", "http", "metrics", "text", "web"], &[]),
    ("record", &["metrics", "text"], &[]),
    ("dynamodb-capacity", &["dynamodb", "record", "text"], &[]),
    ("diagnosis", &["metrics", "record", "text"], &[]),
    ("report", &["diagnosis", "record", "text"], &["metrics"]),
    ("summary", &["metrics", "record", "text"], &[]),
    ("modules", &["http", "text"], &[]),
    ("test", &["engine", "http", "metrics", "modules", "record", "text"], &[]),
    (
        "k6",
        &["dynamodb", "dynamodb-capacity", "engine", "grpc", "http", "metrics", "modules", "record", "test"],
        &["dynamodb-shop", "session", "shop"],
    ),
    ("plan", &["diagnosis", "engine", "http", "metrics", "observe", "record", "test", "text"], &[]),
    ("locust", &["diagnosis", "engine", "http", "metrics", "record", "test", "web"], &[]),
    (
        "prime-day",
        &[
            "dynamodb",
            "dynamodb-capacity",
            "dynamodb-shop",
            "engine",
            "http",
            "metrics",
            "record",
            "test",
            "text",
        ],
        &["diagnosis"],
    ),
    (
        "session",
        &["diagnosis", "engine", "http", "metrics", "observe", "record", "search", "summary", "test", "text"],
        &[],
    ),
    ("cluster", &["engine", "metrics", "record", "session", "test"], &[]),
    ("live", &["engine", "metrics", "record", "session", "web"], &[]),
    ("duet", &["engine", "http", "metrics", "record", "test"], &[]),
    ("demo", &["k6", "record", "session", "shop", "test", "text"], &[]),
    (
        "cli",
        &[
            "cluster",
            "demo",
            "diagnosis",
            "duet",
            "dynamodb",
            "dynamodb-shop",
            "engine",
            "http",
            "k6",
            "kubernetes",
            "live",
            "locust",
            "metrics",
            "modules",
            "observe",
            "outputs",
            "plan",
            "prime-day",
            "record",
            "report",
            "session",
            "shop",
            "sketch",
            "summary",
            "test",
            "text",
            "web",
        ],
        &["grpc"],
    ),
];

pub fn root() -> PathBuf {
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
pub fn sources(tests: bool) -> BTreeMap<String, String> {
    let crates = root().join("crates");
    let mut paths = Vec::new();
    for (name, ..) in MAY_USE {
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

pub fn without_tests(text: &str) -> &str {
    text.split("\n#[cfg(test)]\nmod tests").next().unwrap()
}

#[test]
fn every_file_opens_with_its_sentence() {
    let without: Vec<_> = sources(true).into_iter().filter(|(_, text)| !text.starts_with("//! ")).collect();
    assert!(without.is_empty(), "{:?}", without.iter().map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn tables_of_contents_hold_nothing_else() {
    for (name, text) in sources(false) {
        let is_table = name.ends_with("/mod.rs") || name.ends_with("/lib.rs");
        if is_table {
            let holds_more = !functions(without_tests(&text)).is_empty();
            assert_eq!(holds_more, TABLES.contains(&name.as_str()), "{name}");
        }
    }
}

/// The crates of ours that a section of a manifest names.
fn ours(manifest: &str, section: &str) -> Vec<String> {
    let text = manifest.split(&format!("\n[{section}]\n")).nth(1).unwrap_or_default();
    let lines = text.split("\n[").next().unwrap().lines().filter(|line| line.starts_with("flashcrowd-"));
    lines.map(|line| line["flashcrowd-".len()..].split(['.', ' ', '=']).next().unwrap().to_owned()).collect()
}

#[test]
fn crates_use_each_other_one_way_only() {
    let mut folders: Vec<_> = std::fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    folders.sort();
    let mut known: Vec<_> = MAY_USE.iter().map(|(name, ..)| (*name).to_owned()).collect();
    known.sort();
    assert_eq!(folders, known, "a new crate has its place in this table");
    for (name, may_use, in_tests) in MAY_USE {
        let manifest = std::fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap();
        for (section, may_use) in [("dependencies", may_use), ("dev-dependencies", in_tests)] {
            let mut used = ours(&manifest, section);
            used.sort();
            // A row that is not needed any more goes, too.
            assert_eq!(used, may_use, "{section} of {name}");
        }
    }
    let order: Vec<_> = MAY_USE.iter().map(|(name, ..)| *name).collect();
    for (at, (name, may_use, _)) in MAY_USE.iter().enumerate() {
        let above = may_use.iter().find(|used| !order[..at].contains(*used));
        assert_eq!(above, None, "{name} uses what stands above it");
    }
}

/// What only these crates may name, and the invariant of ARCHITECTURE.md that it keeps.
const ONLY: &[(&str, &[&str], &str)] = &[
    // Pages listen, as shops do, commands that steer a run ask it, and processes of a run meet at a hub.
    (
        "TcpStream",
        &["http", "web", "live", "cluster", "shop", "dynamodb-shop"],
        "only http opens sockets to the target",
    ),
    ("rquickjs", &["k6"], "only k6 knows JavaScript"),
    ("corosensei", &["k6"], "only k6 knows fibers"),
    ("println!", &[], "only cli prints, through its console"),
    ("eprintln!", &[], "only cli prints, through its console"),
    ("stdout()", &["cli", "outputs"], "only cli prints, and an output that is sent there"),
    ("process::exit", &["cli"], "only cli ends the process"),
    ("signal::unix", &["session"], "session hears signals"),
    ("flashcrowd_k6", &["cli", "demo"], "front ends are known by the table of front ends and the demo"),
    ("flashcrowd_locust", &["cli"], "front ends are known by the table of front ends"),
    ("flashcrowd_plan", &["cli"], "front ends are known by the table of front ends"),
    ("RecordWriter", &["record", "session"], "session writes records"),
];

#[test]
fn what_one_crate_does_no_other_does() {
    // A server of unit tests.
    for (name, text) in sources(false).into_iter().filter(|(name, _)| !name.ends_with("/fake.rs")) {
        let krate = name.split('/').next().unwrap();
        let code = without_tests(&text).lines().filter(|line| !line.trim_start().starts_with("//"));
        let code: String = code.collect();
        for (word, crates, invariant) in ONLY {
            assert!(!code.contains(word) || crates.contains(&krate), "{name} has {word}: {invariant}");
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
