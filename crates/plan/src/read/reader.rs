//! The reader knows the files that were read, and gathers what is wrong with them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use flashcrowd_text::nearest;

use crate::yaml::Place;
use flashcrowd_test::{Place as In, Problem};

/// Knows the files that were read, and gathers what is wrong with them.
pub(crate) struct Reader<'a> {
    env: &'a BTreeMap<String, String>,
    files: Vec<(PathBuf, String)>,
    problems: Vec<(Place, String)>,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(env: &'a BTreeMap<String, String>) -> Self {
        Self { env, files: Vec::new(), problems: Vec::new() }
    }

    /// Takes a file in, once; its position.
    pub(crate) fn add_file(&mut self, path: &Path, text: &str) -> usize {
        let known = self.files.iter().position(|(other, _)| other == path);
        known.unwrap_or_else(|| {
            self.files.push((path.to_owned(), text.to_owned()));
            self.files.len() - 1
        })
    }

    /// The files that were read, and their texts.
    pub(crate) fn files(&self) -> &[(PathBuf, String)] {
        &self.files
    }

    /// A path that is named at a place: it is looked for beside the file that names it.
    pub(crate) fn beside(&self, place: Place, path: &str) -> PathBuf {
        let folder = self.files.get(place.file).and_then(|(file, _)| file.parent());
        folder.unwrap_or(Path::new("")).join(path)
    }

    /// Reports a problem.
    pub(crate) fn wrong(&mut self, place: Place, message: impl Into<String>) {
        self.problems.push((place, message.into()));
    }

    /// How many problems there are so far.
    pub(crate) fn problems(&self) -> usize {
        self.problems.len()
    }

    /// The value of an environment variable; a missing one is reported.
    pub(crate) fn variable(&mut self, place: Place, name: &str) -> Option<String> {
        let env = self.env;
        let value = env.get(name).cloned();
        if value.is_none() {
            let near = suggestion(name, env.keys().map(String::as_str));
            self.wrong(
                place,
                format!(
                    "there is no environment variable {name}: set it, or give it with -e {name}=...{near}"
                ),
            );
        }
        value
    }

    /// All problems, in the order of the files; each is told once.
    pub(crate) fn into_problems(mut self) -> Vec<Problem> {
        self.problems.sort();
        self.problems.dedup();
        let file = |at: usize| self.files.get(at).map(|(path, _)| path.clone()).unwrap_or_default();
        let told = |(place, message): &(Place, String)| Problem {
            place: match place.line {
                0 => In::File(file(place.file)),
                line => In::Line(file(place.file), line, place.column),
            },
            message: message.clone(),
        };
        self.problems.iter().map(told).collect()
    }
}

/// `; did you mean 'x'?`, if there is something near.
pub(crate) fn suggestion<'n>(word: &str, known: impl IntoIterator<Item = &'n str>) -> String {
    nearest(word, known).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default()
}
