//! The files of a record, by name, and how whole files are written so that a crash leaves no half of one.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::error::RecordError;

/// What was run.
pub(super) const RUN: &str = "run.json";
/// One line per interval.
pub(super) const TIMELINE: &str = "timeline.jsonl";
/// The results.
pub(super) const RESULT: &str = "result.json";
/// The distributions of trends.
pub(super) const HISTOGRAMS: &str = "histograms.json";
/// The digests of the others.
pub(super) const SEAL: &str = "seal.json";

/// All files, in the order in which an old record's are removed: what says that it is a record goes last.
pub(super) const ALL: [&str; 5] = [SEAL, RESULT, HISTOGRAMS, TIMELINE, RUN];

/// Writes a file under another name first, so that its own name always stands for a whole one.
pub(super) fn write_whole(path: &Path, text: &[u8]) -> Result<(), RecordError> {
    let unfinished = path.with_extension("json.part");
    let write = || {
        let mut file = File::create(&unfinished)?;
        file.write_all(text)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)
    };
    write().map_err(RecordError::io(path))
}
