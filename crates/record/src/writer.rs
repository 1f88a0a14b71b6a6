//! The record writer keeps a run on disk while it happens; what it has written stays readable after a crash.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

use flashcrowd_metrics::{Sink, SinkKey, Totals};
use indexmap::IndexMap;
use serde::Serialize;

use super::error::RecordError;
use super::files;
use super::reader::timeline;
use super::redact::Redactor;
use super::run_info::RunInfo;
use super::seal::{Chain, Seal};
use super::timeline::TimelineLine;
use crate::results::{FORMAT_VERSION, Results};

/// Keeps a run on disk.
#[derive(Debug)]
pub struct RecordWriter {
    dir: PathBuf,
    timeline: File,
    redactor: Redactor,
    chain: Chain,
    /// How long the timeline is.
    written: u64,
}

impl RecordWriter {
    /// Starts a record in a folder that is new or empty. What was run is on disk when this returns; secrets are not, see
    /// [`RunInfo::redacted`].
    pub fn create(dir: impl AsRef<Path>, info: &RunInfo) -> Result<Self, RecordError> {
        Self::open(dir.as_ref(), info, false)
    }

    /// The same in a folder that may hold the record of an earlier run, which is replaced.
    pub fn replace(dir: impl AsRef<Path>, info: &RunInfo) -> Result<Self, RecordError> {
        Self::open(dir.as_ref(), info, true)
    }

    fn open(dir: &Path, info: &RunInfo, replaces: bool) -> Result<Self, RecordError> {
        let dir = dir.to_owned();
        make_room(&dir, replaces)?;
        let path = dir.join(files::TIMELINE);
        let timeline = OpenOptions::new().create(true).append(true).open(&path);
        let timeline = timeline.map_err(RecordError::io(&path))?;
        // Before anything else: another run may have found the folder empty, too.
        claim(&timeline, &dir)?;
        let info = RunInfo { version: FORMAT_VERSION, ..info.clone() };
        let run = dir.join(files::RUN);
        let text = pretty(&run, &info.redacted())?;
        files::write_whole(&run, &text)?;
        let chain = Chain::new(&text);
        Ok(Self { dir, timeline, redactor: Redactor::of(&info), chain, written: 0 })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds an interval, in one write, so that a crash cuts the last line at most.
    pub fn append_tick(&mut self, line: &TimelineLine) -> Result<(), RecordError> {
        let path = self.dir.join(files::TIMELINE);
        let mut line = line.clone();
        self.redactor.line(&mut line);
        let mut text = serde_json::to_vec(&line).map_err(RecordError::json(&path))?;
        self.chain.link(&mut text);
        text.push(b'\n');
        self.timeline.write_all(&text).map_err(RecordError::io(&path))?;
        self.written += text.len() as u64;
        Ok(())
    }

    /// What was added so far, read back. An error when it is not there any more, or not all of it.
    pub fn timeline(&self) -> Result<Vec<TimelineLine>, RecordError> {
        let path = self.dir.join(files::TIMELINE);
        let length = fs::metadata(&path).map_err(RecordError::io(&path))?.len();
        if length == self.written { timeline(&path) } else { Err(RecordError::Disturbed(path)) }
    }

    /// Results as the record keeps them, without secrets: what is judged, so that the same comes out when they are read
    /// back.
    pub fn redacted(&self, results: &Results) -> Results {
        self.redactor.results(results)
    }

    /// Ends the record with the results, the distributions of trends and the seal; again, where the results were amended.
    /// Returns the seal, in hexadecimal.
    pub fn finish(&self, results: &Results, totals: &Totals) -> Result<String, RecordError> {
        let path = self.dir.join(files::HISTOGRAMS);
        let distributions = serde_json::to_vec(&histograms(totals)).map_err(RecordError::json(&path))?;
        files::write_whole(&path, &distributions)?;
        let path = self.dir.join(files::RESULT);
        let result = pretty(&path, &self.redactor.results(results))?;
        files::write_whole(&path, &result)?;
        // What is not there any more is not sealed.
        let path = self.dir.join(files::RUN);
        let run = fs::read(&path).map_err(RecordError::io(&path))?;
        let seal = Seal::of(&run, self.chain.last(), &distributions, &result);
        let path = self.dir.join(files::SEAL);
        files::write_whole(&path, &pretty(&path, &seal)?)?;
        Ok(seal.seal)
    }
}

/// Makes the folder, or removes the record that it holds if that may be.
fn make_room(dir: &Path, replaces: bool) -> Result<(), RecordError> {
    if dir.exists() && !dir.is_dir() {
        return Err(RecordError::NotAFolder(dir.to_owned()));
    }
    fs::create_dir_all(dir).map_err(RecordError::io(dir))?;
    let is_empty = fs::read_dir(dir).map_err(RecordError::io(dir))?.next().is_none();
    let run = dir.join(files::RUN);
    if is_empty {
        return Ok(());
    }
    let is_record = fs::read(&run).is_ok_and(|text| serde_json::from_slice::<RunInfo>(&text).is_ok());
    if !is_record {
        return Err(RecordError::Foreign(dir.to_owned()));
    }
    if let Ok(timeline) = File::open(dir.join(files::TIMELINE)) {
        claim(&timeline, dir)?;
    }
    if !replaces {
        return Err(RecordError::Exists(dir.to_owned()));
    }
    for name in files::ALL {
        let path = dir.join(name);
        if path.exists() {
            fs::remove_file(&path).map_err(RecordError::io(&path))?;
        }
    }
    Ok(())
}

/// Claims a record for as long as its timeline is open. Where files cannot be locked, nothing is known of others.
fn claim(timeline: &File, dir: &Path) -> Result<(), RecordError> {
    match timeline.try_lock() {
        Err(TryLockError::WouldBlock) => Err(RecordError::Busy(dir.to_owned())),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}

fn pretty(path: &Path, value: &impl Serialize) -> Result<Vec<u8>, RecordError> {
    let mut text = serde_json::to_vec_pretty(value).map_err(RecordError::json(path))?;
    text.push(b'\n');
    Ok(text)
}

/// The distributions of all trends and of their sub-metrics.
fn histograms(totals: &Totals) -> IndexMap<String, Vec<(f64, u64)>> {
    let plan = totals.plan();
    let name = |key: &SinkKey| match key {
        SinkKey::Metric(metric) => Some(plan.registry.get(*metric).name.to_string()),
        SinkKey::Sub(sub) => Some(plan.subs[*sub].name.clone()),
        SinkKey::Row { .. } => None,
    };
    let trends = totals.iter().filter_map(|(key, sink, _)| match sink {
        Sink::Trend(trend) => {
            let buckets = trend.buckets().into_iter().filter(|(value, _)| value.is_finite());
            Some((name(key)?, buckets.collect()))
        }
        _ => None,
    });
    trends.collect()
}
