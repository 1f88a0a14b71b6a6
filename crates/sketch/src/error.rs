//! Why a file becomes no script.

use thiserror::Error;

/// Why a file becomes no script.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SketchError {
    /// It is none of its kind.
    #[error("{0}")]
    Unreadable(String),
    /// It has nothing to ask for.
    #[error("there is no request in it{0}")]
    Empty(&'static str),
}
