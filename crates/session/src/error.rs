//! A session error is why a test was not run.

use flashcrowd_record::RecordError;
use flashcrowd_test::LoadError;

/// Why a test was not run.
#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    /// The test cannot be run.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// Its record cannot be kept.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// There is no folder for a record that goes away with the run.
    #[error("cannot make a folder for the time of the run: {0}")]
    TemporaryFolder(std::io::Error),
    /// The system gives no means to wait for things.
    #[error("cannot start the run: {0}")]
    Runtime(std::io::Error),
}
