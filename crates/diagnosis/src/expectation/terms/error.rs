//! An expectation error is why what was written is none.

/// Why an expectation is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpectationError {
    /// Nothing of that name can be expected.
    #[error("{0}")]
    Name(String),
    /// The target cannot be understood.
    #[error("{0}")]
    Target(String),
}
