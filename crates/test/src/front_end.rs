//! A front end reads one kind of test: k6 scripts, YAML plans, and whatever comes next.

use std::path::Path;

use crate::{LoadError, Request, Test};

/// Reads one kind of test. A row in the table of front ends, which the binary has.
pub trait FrontEnd: Sync {
    /// What it reads, for people: `k6 script`.
    fn name(&self) -> &'static str;

    /// The endings of the files that it reads, without the dot.
    fn extensions(&self) -> &'static [&'static str];

    /// The flags of `run` that it heeds and others need not: `--host`.
    fn flags(&self) -> &'static [&'static str] {
        &[]
    }

    /// Reads and checks everything in the request, and reports everything that is wrong at once. Nothing is sent.
    fn load(&self, request: &Request) -> Result<Vec<Box<dyn Test>>, LoadError>;
}

/// The front end for a file: by the ending of its name, else the first of the table.
pub fn front_end_of<'a>(table: &[&'a dyn FrontEnd], file: &Path) -> Option<&'a dyn FrontEnd> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    let named = table.iter().find(|one| one.extensions().contains(&ending));
    named.or(table.first()).copied()
}
