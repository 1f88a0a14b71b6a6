//! A load error is why a test cannot be run; nothing has been sent.

use crate::problem::Problem;

/// Why a test cannot be run.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Everything that is wrong with it.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Problems(Vec<Problem>),
    /// Its code threw, or could not be read as code.
    #[error("{0}")]
    Script(String),
    /// Its code asked for the end of the test, with this message.
    #[error("{0}")]
    Aborted(String),
    /// A signal came while it was being loaded.
    #[error("interrupted")]
    Interrupted,
    /// Anything else, such as a file that cannot be read.
    #[error("{0}")]
    Other(String),
}

impl LoadError {
    /// One problem that has no place.
    pub fn problem(message: impl Into<String>) -> Self {
        Self::Problems(vec![Problem::new(message)])
    }
}

impl From<Vec<flashcrowd_engine::Problem>> for LoadError {
    fn from(problems: Vec<flashcrowd_engine::Problem>) -> Self {
        Self::Problems(problems.into_iter().map(Problem::from).collect())
    }
}
