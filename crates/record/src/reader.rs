//! A record, read back: what was run, what happened and, if the run came to its end, the results.

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use indexmap::IndexMap;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::error::RecordError;
use super::files;
use super::run_info::{Phase, RunInfo};
use super::shared::Seen;
use super::timeline::TimelineLine;
use crate::results::{FORMAT_VERSION, Results};
use crate::search::SearchSecond;

/// A whole run, or as much of it as there was when it was cut short.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// What was run.
    pub run: RunInfo,
    /// What happened, one line per interval.
    pub timeline: Vec<TimelineLine>,
    /// The results; none when the run was cut short.
    pub results: Option<Results>,
    /// The distribution of each trend as (value, count) pairs; none when the run was cut short.
    pub histograms: IndexMap<String, Vec<(f64, u64)>>,
}

/// The field that all versions of all files have.
#[derive(Deserialize)]
struct Versioned {
    version: u32,
}

impl Record {
    /// Reads a record. A last line of the timeline that was cut in the middle is left out.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self, RecordError> {
        let dir = dir.as_ref();
        let run = dir.join(files::RUN);
        if !run.is_file() {
            return Err(RecordError::NotARecord(dir.to_owned()));
        }
        let run: RunInfo = versioned(&run)?.ok_or_else(|| RecordError::NotARecord(dir.to_owned()))?;
        let timeline = timeline(&dir.join(files::TIMELINE))?;
        Ok(Self {
            run: run.with_trials(&timeline),
            timeline,
            results: versioned(&dir.join(files::RESULT))?,
            histograms: whole(&dir.join(files::HISTOGRAMS))?.unwrap_or_default(),
        })
    }

    /// Whether the run came to its end.
    pub fn is_complete(&self) -> bool {
        self.results.is_some()
    }
}

impl RunInfo {
    /// With the phases of a search, whose loads were not known before the run: its trials, by the timeline.
    pub fn with_trials(mut self, timeline: &[TimelineLine]) -> Self {
        let searched: Vec<(&TimelineLine, &SearchSecond)> =
            timeline.iter().filter_map(|line| Some((line, line.search.as_ref()?))).collect();
        let is_users = self.search.as_ref().is_some_and(|aim| !aim.load_is.is_rate());
        let phases = searched.chunk_by(|(_, one), (_, other)| one.trial == other.trial).filter_map(|lines| {
            let (first, mark) = lines.first()?;
            let number = mark.trial?;
            let end = lines.last()?.0.load?;
            let start = first.load? - first.interval;
            let settling: f64 =
                lines.iter().filter(|(_, one)| one.settles).map(|(line, _)| line.interval).sum();
            Some(Phase {
                scenario: format!("trial {number}"),
                start: start.max(0.0),
                settled: (start + settling).max(0.0),
                end,
                users: is_users.then_some(mark.load.round() as u64),
                rate: (!is_users).then_some(mark.load),
                ramp_from: None,
            })
        });
        let phases: Vec<Phase> = phases.collect();
        if !phases.is_empty() {
            self.phases = phases;
        }
        self
    }
}

/// A file that says which version it is of; none when it is not there.
fn versioned<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    let found: Option<Versioned> = whole(path)?;
    match found {
        Some(Versioned { version }) if version > FORMAT_VERSION => {
            Err(RecordError::TooNew { path: path.to_owned(), found: version, known: FORMAT_VERSION })
        }
        _ => whole(path),
    }
}

/// A file; none when it is not there.
fn whole<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, RecordError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(RecordError::json(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(RecordError::io(path)(error)),
    }
}

/// All whole lines of a timeline.
pub(super) fn timeline(path: &Path) -> Result<Vec<TimelineLine>, RecordError> {
    let file = match fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RecordError::io(path)(error)),
    };
    let (mut reader, mut lines, mut text) = (BufReader::new(file), Vec::new(), Vec::new());
    let mut seen = Seen::default();
    loop {
        text.clear();
        reader.read_until(b'\n', &mut text).map_err(RecordError::io(path))?;
        if text.last() != Some(&b'\n') {
            return Ok(lines);
        }
        let mut line: TimelineLine =
            serde_json::from_slice(&text).map_err(|error| RecordError::line(path, lines.len() + 1)(error))?;
        line.keep_little(&mut seen);
        lines.push(line);
    }
}
