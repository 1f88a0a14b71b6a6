//! An abort is a test that ends before its time.

use serde::{Deserialize, Serialize};

/// Why a test ends before its time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AbortReason {
    /// The script asked for it, with its message.
    Script(String),
    /// A threshold with abortOnFail failed; the thresholds' names.
    Threshold(Vec<String>),
    /// It was stopped from outside: on its page, or by k6's REST API.
    Stopped,
    /// SIGINT or SIGTERM.
    Signal,
    /// It has found what it was looking for, which is no failure; what that is.
    Reached(String),
    /// The target has given no sign of life; what was tried.
    Unreachable(String),
    /// An agent that made a part of the load was lost; which one, and how.
    Lost(String),
    /// A virtual user could not be initialized, or setup failed, with the error's text.
    Error(String),
}

impl AbortReason {
    /// Whether iterations may come to their end.
    pub(crate) fn is_graceful(&self) -> bool {
        matches!(self, Self::Reached(_))
    }
}
