//! A record error says which file of a record could not be written or read, and why.

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The folder holds other things.
    #[error("'{}' is not empty and is not a record: name a new folder", .0.display())]
    Foreign(PathBuf),
    /// The folder holds the record of an earlier run.
    #[error("'{}' has the record of an earlier run: name another folder, or replace that record with --force", .0.display())]
    Exists(PathBuf),
    /// The folder is none.
    #[error("'{}' is not a folder: a record is one", .0.display())]
    NotAFolder(PathBuf),
    /// The folder holds no record.
    #[error("'{}' is not a record: it has no run.json", .0.display())]
    NotARecord(PathBuf),
    /// Another run keeps its record there.
    #[error("'{}' is the record of a run that is still going on: name another folder", .0.display())]
    Busy(PathBuf),
    /// Somebody else wrote to the record while the run went on.
    #[error("'{}' was changed while the run went on", .0.display())]
    Disturbed(PathBuf),
    /// The record was written by a later version.
    #[error("'{}' has version {found} of the form, and this program reads up to {known}: use a newer one", path.display())]
    TooNew {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The latest version that is known.
        known: u32,
    },
    /// A file could not be written or read.
    #[error("'{}': {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A file holds something else than it should.
    #[error("'{}': {source}", path.display())]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
    /// A line of the timeline holds something else than it should.
    #[error("'{}' line {line}: {problem}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from one.
        line: usize,
        /// What is wrong.
        problem: String,
    },
}

impl RecordError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { path: path.to_owned(), source }
    }

    pub(super) fn json(path: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| Self::Json { path: path.to_owned(), source }
    }

    pub(super) fn line(path: &Path, line: usize) -> impl FnOnce(serde_json::Error) -> Self {
        move |source| {
            let text = source.to_string();
            // The parser counts lines too, and sees but this one.
            let problem = text.split(" at line ").next().unwrap_or(&text).to_owned();
            Self::Line { path: path.to_owned(), line, problem }
        }
    }
}
