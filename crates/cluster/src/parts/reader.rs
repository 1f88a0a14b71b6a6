//! The part reader reads the file of a part line by line, so that memory does not grow with the length of a run.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::error::PartError;
use super::file::{End, Head, Line, VERSION};
use crate::second::Second;

/// Reads the file of a part.
pub(super) struct PartReader {
    pub(super) path: PathBuf,
    lines: BufReader<File>,
    read: usize,
}

/// What comes next in the file of a part.
pub(super) enum Next {
    Second(Box<Second>),
    End(Box<End>),
    /// The file ends without an end: the process was killed.
    Cut,
}

impl PartReader {
    /// Opens a file, and reads its head.
    pub(super) fn open(path: &Path) -> Result<(Self, Head), PartError> {
        let file = File::open(path).map_err(PartError::io(path))?;
        let mut reader = Self { path: path.to_owned(), lines: BufReader::new(file), read: 0 };
        let not_a_part = || PartError::NotAPart(path.to_owned());
        match reader.line().map_err(|error| match error {
            PartError::Line { .. } => not_a_part(),
            error => error,
        })? {
            Some(Line::Part(head)) if head.version == VERSION => Ok((reader, *head)),
            Some(Line::Part(head)) => {
                Err(PartError::Version { path: path.to_owned(), found: head.version, known: VERSION })
            }
            _ => Err(not_a_part()),
        }
    }

    /// What comes next.
    pub(super) fn next(&mut self) -> Result<Next, PartError> {
        Ok(match self.line()? {
            Some(Line::Second(second)) => Next::Second(second),
            Some(Line::End(end)) => Next::End(end),
            Some(Line::Part(_)) => return Err(PartError::NotAPart(self.path.clone())),
            None => Next::Cut,
        })
    }

    /// The next whole line; one that was cut in the middle is left out.
    fn line(&mut self) -> Result<Option<Line>, PartError> {
        let mut text = Vec::new();
        self.lines.read_until(b'\n', &mut text).map_err(PartError::io(&self.path))?;
        if text.last() != Some(&b'\n') {
            return Ok(None);
        }
        self.read += 1;
        let wrong = |source| PartError::Line { path: self.path.clone(), line: self.read, source };
        serde_json::from_slice(&text).map(Some).map_err(wrong)
    }
}
