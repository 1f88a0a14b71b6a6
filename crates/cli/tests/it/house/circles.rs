//! No circles: of what stands at the top of a crate, files and folders, nothing uses itself by way of others.

use std::collections::{BTreeMap, BTreeSet};

use super::rules::{sources, without_tests};

/// Circles that are left, by crate, and why.
const LEFT: &[(&str, &[&str])] = &[
    // What a store can be set to is a part of its configuration, which the store reads.
    ("dynamodb-shop", &["config", "store"]),
    // Modules of scripts keep their shared state in the program and the virtual user, which know them in turn.
    ("k6", &["error", "event_loop", "inspect", "modules", "program", "state"]),
    // A sentence of the analysis is the answer, which looks at the analysis; Markdown has comparisons, too.
    ("report", &["analysis", "answer", "comparison", "markdown"]),
];

/// All paths of a tree of paths such as `a::{b, c::d}`, from its start on.
fn paths(tree: &str) -> Vec<String> {
    let head: String =
        tree.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_' || *c == ':').collect();
    let Some(inside) = tree[head.len()..].strip_prefix('{') else { return vec![head] };
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        let ends = depth == 0 && (c == ',' || c == '}');
        if ends {
            found.extend(paths(inside[start..at].trim()).into_iter().map(|rest| format!("{head}{rest}")));
            start = at + 1;
        }
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            _ => {}
        }
    }
    found
}

/// For each crate: which of its files and folders at the top use which others.
fn uses() -> BTreeMap<String, BTreeMap<String, BTreeSet<String>>> {
    let mut crates: BTreeMap<String, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    let sources = sources(false);
    for name in sources.keys() {
        let (krate, path) = name.split_once("/src/").unwrap();
        let top = path.split('/').next().unwrap().trim_end_matches(".rs");
        crates.entry(krate.to_owned()).or_default().entry(top.to_owned()).or_default();
    }
    for (name, text) in &sources {
        let (krate, path) = name.split_once("/src/").unwrap();
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            continue;
        }
        let code: String =
            without_tests(text).lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        let known: BTreeSet<String> = crates[krate].keys().cloned().collect();
        let mut used: BTreeSet<String> = BTreeSet::new();
        for (at, _) in code.match_indices("crate::") {
            used.extend(paths(&code[at + "crate::".len()..]));
        }
        // `super` leads out of a folder where there are as many as the file is deep.
        let out = "super::".repeat(parts.len());
        for (at, _) in code.match_indices(&out) {
            used.extend(paths(&code[at + out.len()..]));
        }
        let tops = used.iter().map(|path| path.split("::").next().unwrap().to_owned());
        let tops = tops.filter(|top| known.contains(top) && top != parts[0]);
        crates.get_mut(krate).unwrap().get_mut(parts[0]).unwrap().extend(tops);
    }
    crates
}

/// What is reached from there.
fn reached<'a>(uses: &'a BTreeMap<String, BTreeSet<String>>, from: &'a str) -> BTreeSet<&'a str> {
    let (mut found, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(one) = next.pop() {
        next.extend(uses[one].iter().map(String::as_str).filter(|used| found.insert(*used)));
    }
    found
}

#[test]
fn nothing_uses_itself_by_way_of_others() {
    let mut left = Vec::new();
    for (krate, uses) in uses() {
        let circle: Vec<&str> =
            uses.keys().map(String::as_str).filter(|one| reached(&uses, one).contains(one)).collect();
        if !circle.is_empty() {
            left.push(format!("{krate}: {}", circle.join(" ")));
        }
    }
    let known: Vec<_> = LEFT.iter().map(|(krate, files)| format!("{krate}: {}", files.join(" "))).collect();
    assert_eq!(left, known);
}

#[test]
fn trees_of_paths_are_taken_apart() {
    assert_eq!(paths("a::{b, c::{d, e}};"), ["a::b", "a::c::d", "a::c::e"]);
    assert_eq!(paths("a::b(c)"), ["a::b"]);
}
