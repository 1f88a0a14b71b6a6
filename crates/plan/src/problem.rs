//! A problem is one thing that is wrong with a plan, with its place and what to write instead.

use std::fmt;
use std::path::PathBuf;

/// One thing that is wrong with a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanProblem {
    /// The file.
    pub file: PathBuf,
    /// The line, from one; none when the file as a whole is meant.
    pub line: Option<usize>,
    /// The column, from one.
    pub column: usize,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl fmt::Display for PlanProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        if let Some(line) = self.line {
            write!(f, ":{line}:{}", self.column)?;
        }
        write!(f, ": {}", self.message)
    }
}
