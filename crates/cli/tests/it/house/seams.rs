//! What is added often costs one file and one line in a table of its kind.
//!
//! The tables are listed here. Each row is read out of its table and must have a file of its own; and no other file may
//! name most of the rows, for that would be a second table, where a new row would be forgotten.

use std::collections::BTreeSet;

use super::rules::{sources, without_tests};

/// A kind of thing that is added often.
struct Seam {
    /// What it is, as CONTRIBUTING calls it.
    what: &'static str,
    /// The table, below `crates`.
    table: &'static str,
    /// What opens and closes the table.
    section: (&'static str, &'static str),
    /// What stands before the name of a row, and what behind it.
    row: (&'static str, &'static str),
    /// The folder of the rows' files; a row's file has its name, or holds its name.
    folder: &'static str,
}

const SEAMS: &[Seam] = &[
    Seam {
        what: "front end",
        table: "cli/src/front_ends.rs",
        section: ("FRONT_ENDS: &[&dyn FrontEnd] = &[", "];"),
        row: ("&", ""),
        folder: "",
    },
    Seam {
        what: "executor",
        table: "engine/src/executor/kind.rs",
        section: ("EXECUTORS: ", "];"),
        row: ("(", "::NAME"),
        folder: "engine/src/executor/",
    },
    Seam {
        what: "k6 module",
        table: "k6/src/modules/mod.rs",
        section: ("\nmodules! {", "\n}"),
        row: (" as ", ";"),
        folder: "k6/src/modules/",
    },
    Seam {
        what: "source",
        table: "observe/src/table.rs",
        section: ("SOURCES: &[SourceKind] = &[", "];"),
        row: ("", ""),
        folder: "observe/src/",
    },
    Seam {
        what: "output",
        table: "outputs/src/table.rs",
        section: ("OUTPUTS: &[OutputKind] = &[", "];"),
        row: ("", ""),
        folder: "outputs/src/",
    },
    Seam {
        what: "expectation",
        table: "diagnosis/src/expectation/table.rs",
        section: ("TABLE: &[ExpectationKind] = &[", "\n];"),
        row: ("look: ", "::"),
        folder: "diagnosis/src/expectation/",
    },
    Seam {
        what: "finding",
        table: "diagnosis/src/finding/table.rs",
        section: ("FINDINGS: &[FindingKind] = &[", "\n];"),
        row: ("id: ", "::ID"),
        folder: "diagnosis/src/finding/",
    },
    Seam {
        what: "report format",
        table: "report/src/formats.rs",
        section: ("FORMATS: [Format; ", "];"),
        row: ("Format::", ""),
        folder: "report/src/",
    },
    Seam {
        what: "command",
        table: "cli/src/commands/mod.rs",
        section: ("\ncommands! {", "\n}"),
        row: ("", " =>"),
        folder: "cli/src/commands/",
    },
];

/// The names of a table's rows, in their order.
fn rows(seam: &Seam, text: &str) -> Vec<String> {
    let section = text.split_once(seam.section.0).and_then(|(_, rest)| rest.split_once(seam.section.1));
    let (section, _) = section.unwrap_or_else(|| panic!("no table of a {} in {}", seam.what, seam.table));
    let (before, behind) = seam.row;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found: Vec<String> = Vec::new();
    let starts = section.char_indices().filter(|(at, c)| is_part(*c) && !section[..*at].ends_with(is_part));
    for (at, _) in starts {
        let name: String = section[at..].chars().take_while(|c| is_part(*c)).collect();
        let fits = section[..at].ends_with(before) && section[at + name.len()..].starts_with(behind);
        if fits && !found.contains(&name) {
            found.push(name);
        }
    }
    found
}

/// A file without its tests and comments.
fn code(text: &str) -> String {
    without_tests(text).lines().filter(|line| !line.trim_start().starts_with("//")).collect()
}

/// Whether a word stands in a text.
fn has(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.match_indices(word)
        .any(|(at, _)| !text[..at].ends_with(is_part) && !text[at + word.len()..].starts_with(is_part))
}

#[test]
fn every_row_of_a_table_has_a_file_and_there_is_no_second_table() {
    let sources = sources(false);
    for seam in SEAMS {
        let table = sources.get(seam.table).unwrap_or_else(|| panic!("no {}", seam.table));
        let rows = rows(seam, without_tests(table));
        assert!(!rows.is_empty(), "{}: no rows in {}", seam.what, seam.table);
        for row in &rows {
            let file = format!("/{}.rs", snake(row));
            let own = sources.iter().any(|(name, text)| {
                name.starts_with(seam.folder)
                    && name != seam.table
                    && (name.ends_with(&file)
                        || name.contains(&format!("/{}/", snake(row)))
                        || has(&code(text), row))
            });
            assert!(own, "{}: {row} has no file below {}", seam.what, seam.folder);
        }
        if rows.len() < 3 {
            continue;
        }
        let most = rows.len() / 2 + 2;
        let second: BTreeSet<&str> = sources
            .iter()
            // Advice of 300 characters picks among the findings; of a new one it needs no more than its remedies.
            .filter(|(name, _)| *name != "report/src/advice/trouble.rs")
            .filter(|(name, _)| {
                *name != seam.table && !name.ends_with("/mod.rs") && !name.ends_with("/lib.rs")
            })
            .filter(|(_, text)| rows.iter().filter(|row| has(&code(text), row)).count() >= most)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(second, BTreeSet::new(), "{}", seam.what);
    }
}

#[test]
fn contributing_names_every_table() {
    let text = std::fs::read_to_string(super::rules::root().join("CONTRIBUTING.md")).unwrap();
    for seam in SEAMS {
        assert!(text.contains(seam.what) && text.contains(seam.table), "{}: {}", seam.what, seam.table);
    }
}

/// `ConstantVus` as `constant_vus`.
fn snake(name: &str) -> String {
    let mut text = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase()
            && at > 0
            && !name[..at].ends_with(|c: char| c.is_ascii_uppercase() || c == '_')
        {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
