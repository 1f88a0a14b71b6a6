//! A problem is one thing that is wrong with a test, with its place and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the test as a whole.
    Test,
    /// In an option, such as `scenarios.peak.stages[2].target` or `--vus`.
    Field(String),
    /// In a file as a whole.
    File(PathBuf),
    /// In a file, at that line and column, both from one.
    Line(PathBuf, usize, usize),
}

/// One thing that is wrong with a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub place: Place,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl Problem {
    /// A problem of the test as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { place: Place::Test, message: message.into() }
    }
}

impl From<flashcrowd_engine::Problem> for Problem {
    fn from(problem: flashcrowd_engine::Problem) -> Self {
        Self { place: Place::Field(problem.field), message: problem.message }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let message = &self.message;
        match &self.place {
            Place::Test => f.write_str(message),
            Place::Field(field) => write!(f, "{field}: {message}"),
            Place::File(file) => write!(f, "{}: {message}", file.display()),
            Place::Line(file, line, column) => write!(f, "{}:{line}:{column}: {message}", file.display()),
        }
    }
}
