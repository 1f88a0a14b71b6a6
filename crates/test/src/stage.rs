//! A stage failure is why setup or teardown did not come to its end, which decides the exit code.

use std::time::Duration;

/// Why setup or teardown did not come to its end. Any other error of a stage is the test's own.
#[derive(Debug, thiserror::Error)]
pub enum StageFailure {
    /// It took too long.
    #[error("{stage}() took longer than {after:?}")]
    Timeout {
        /// `setup` or `teardown`.
        stage: &'static str,
        /// Its limit.
        after: Duration,
    },
    /// It was ended with the run, which says why.
    #[error("{stage} was interrupted")]
    Interrupted {
        /// What was interrupted: `setup()`.
        stage: &'static str,
    },
}
