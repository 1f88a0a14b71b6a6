//! A problem is one thing that is wrong with a configuration, with the field it is wrong in.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Problem {
    /// The field, such as `scenarios.load_test.stages[2].target`.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// Everything that is wrong below one place in a configuration.
#[derive(Debug, Default)]
pub struct Problems {
    path: String,
    found: Vec<Problem>,
}

impl Problems {
    /// No problems yet, below that place.
    pub fn at(path: impl Into<String>) -> Self {
        Self { path: path.into(), found: Vec::new() }
    }

    /// Adds a problem of a field.
    pub fn add(&mut self, field: &str, message: impl Into<String>) {
        let field = match (self.path.as_str(), field) {
            (path, "") => path.to_owned(),
            ("", field) => field.to_owned(),
            (path, field) => format!("{path}.{field}"),
        };
        self.found.push(Problem { field, message: message.into() });
    }

    /// Adds a problem of a field unless the condition holds.
    pub fn check(&mut self, condition: bool, field: &str, message: impl Into<String>) {
        if !condition {
            self.add(field, message);
        }
    }

    /// All problems, in the order they were found.
    pub fn into_vec(self) -> Vec<Problem> {
        self.found
    }
}
