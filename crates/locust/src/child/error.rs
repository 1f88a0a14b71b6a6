//! A child error is why there is no child to run a file.

use std::io;
use std::path::PathBuf;

/// Why there is no child.
#[derive(Debug, thiserror::Error)]
pub enum ChildError {
    /// There is no Python.
    #[error("a Locust file needs Python 3.9 or newer, and none was found; looked for: {}", .0.join(", "))]
    NoPython(Vec<String>),
    /// There is no gevent in that Python.
    #[error("this Python has no gevent, which Locust files need: run: {} -m pip install gevent requests", .0.display())]
    NoGevent(PathBuf),
    /// The Python is one that gevent does not work with.
    #[error("{} is a free-threaded Python ({version}), which gevent does not support: use an ordinary one", python.display())]
    FreeThreaded {
        /// Its path.
        python: PathBuf,
        /// Its version.
        version: String,
    },
    /// The Python is too old.
    #[error("{} is Python {version}: a Locust file needs 3.9 or newer", python.display())]
    TooOld {
        /// Its path.
        python: PathBuf,
        /// Its version.
        version: String,
    },
    /// It could not be started.
    #[error("cannot start {}: {error}", python.display())]
    Start {
        /// Its path.
        python: PathBuf,
        /// Why.
        error: io::Error,
    },
    /// The file was not run; the child has said why, and ended with this code.
    #[error("the file was not run")]
    Ended(u8),
    /// It ended before it said what is in the file.
    #[error("Python ended while it read the file ({0})")]
    Died(String),
    /// What it says cannot be understood.
    #[error("Python said what is not understood: {0}")]
    Garbled(String),
}
