//! Why parts cannot be written, read or merged.

use std::path::PathBuf;

use flashcrowd_metrics::PortableError;

/// Why parts cannot be written, read or merged.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A line is not what a part has.
    #[error("{}:{line}: this is no part of a run: {source}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, counted from one.
        line: usize,
        /// What is wrong.
        source: serde_json::Error,
    },
    /// A file has no head.
    #[error("{} is no part of a run: write one with run --execution-segment FROM:TO --part-out FILE", .0.display())]
    NotAPart(PathBuf),
    /// A part is of another form.
    #[error("{}: part of version {found}, and this program reads version {known}", path.display())]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The version that is read.
        known: u32,
    },
    /// Two parts are not of one run.
    #[error("{} and {} are not parts of one run: {what} is not the same", first.display(), other.display())]
    Different {
        /// A part.
        first: PathBuf,
        /// One that does not go with it.
        other: PathBuf,
        /// In what they differ.
        what: &'static str,
    },
    /// Parts do not add up to the test.
    #[error("the parts do not add up to the test: {0}")]
    Segments(String),
    /// A part has something that the test does not.
    #[error("{}: {source}", path.display())]
    Measured {
        /// The file.
        path: PathBuf,
        /// What it has.
        source: PortableError,
    },
    /// The options of a part cannot be read.
    #[error("{}: its options cannot be read: {what}", path.display())]
    Options {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

impl PartError {
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }
}
