//! The seal of a record says whether its files are still those that the run wrote.
//!
//! Every line of the timeline carries its link: the SHA-256 of the link before it and of its own text. The first link
//! before is the digest of `run.json`, so no line can be changed, removed or inserted without breaking the chain, even
//! in a record that was cut short. `seal.json` holds the last link and the digests of the other files, and one digest
//! of these: the seal. Whoever can write the record can seal it again; a seal that was noted elsewhere tells that, too.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::RecordError;
use crate::files;
use crate::results::FORMAT_VERSION;

/// What stands before the link of a line, at its end.
const LINK: &[u8] = b",\"link\":\"";
/// What stands behind it.
const END: &[u8] = b"\"}";

/// The digests of a record's files, each in hexadecimal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seal {
    /// The version of the form of the record.
    version: u32,
    /// The digest of `run.json`.
    run: String,
    /// The last link of the timeline.
    timeline: String,
    /// The digest of `histograms.json`.
    histograms: String,
    /// The digest of `result.json`.
    result: String,
    /// The digest of all of these.
    pub(crate) seal: String,
}

/// What was found when the files of a record were held against their digests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Integrity {
    /// Every file is the one that the run wrote; this is the seal.
    Intact(String),
    /// The run was cut short, so there is no seal; so many lines of the timeline are as they were written.
    Cut {
        /// Whole lines.
        lines: usize,
    },
    /// The record is of a version that did not seal.
    Unsealed,
    /// This is not what the run wrote.
    Changed(Vec<Tampering>),
}

/// A place where a record is not what the run wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tampering {
    /// The file has another content.
    File(&'static str),
    /// The file is missing.
    Missing(&'static str),
    /// The timeline is as it was written before this line, counted from one, and not from there on.
    Line(usize),
    /// Lines are missing at the end of the timeline.
    Lines,
}

/// The chain of the timeline while it is written.
#[derive(Clone, Debug)]
pub(crate) struct Chain {
    last: String,
}

impl Chain {
    /// Begins behind the text of `run.json`.
    pub(crate) fn new(run: &[u8]) -> Self {
        Self { last: digest([run]) }
    }

    /// Adds the link to a line, which is a JSON object with a field or more.
    pub(crate) fn link(&mut self, line: &mut Vec<u8>) {
        line.pop();
        self.last = digest([self.last.as_bytes(), line]);
        line.extend_from_slice(LINK);
        line.extend_from_slice(self.last.as_bytes());
        line.extend_from_slice(END);
    }

    /// The last link.
    pub(crate) fn last(&self) -> &str {
        &self.last
    }

    /// Whether a line, as it stands in the file, is the next one.
    fn follows(&mut self, line: &[u8]) -> bool {
        let Some((body, link)) = parts(line) else { return false };
        self.last = digest([self.last.as_bytes(), body]);
        link == self.last.as_bytes()
    }
}

impl Seal {
    /// Seals files with these contents, and a timeline that ends with that link.
    pub(crate) fn of(run: &[u8], timeline: &str, histograms: &[u8], result: &[u8]) -> Self {
        let mut seal = Self {
            version: FORMAT_VERSION,
            run: digest([run]),
            timeline: timeline.to_owned(),
            histograms: digest([histograms]),
            result: digest([result]),
            seal: String::new(),
        };
        seal.seal = seal.of_all();
        seal
    }

    fn of_all(&self) -> String {
        let all = [&self.run, &self.timeline, &self.histograms, &self.result];
        digest(all.map(String::as_bytes))
    }
}

/// Holds the files of a record against their digests.
pub fn integrity(dir: impl AsRef<Path>) -> Result<Integrity, RecordError> {
    let dir = dir.as_ref();
    let read = |name: &str| {
        let path = dir.join(name);
        match fs::read(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(RecordError::io(&path)(error)),
        }
    };
    let Some(run) = read(files::RUN)? else { return Err(RecordError::NotARecord(dir.to_owned())) };
    let timeline = read(files::TIMELINE)?.unwrap_or_default();
    let seal = match read(files::SEAL)? {
        Some(text) => {
            Some(serde_json::from_slice::<Seal>(&text).map_err(RecordError::json(&dir.join(files::SEAL)))?)
        }
        None => None,
    };
    let mut chain = Chain::new(&run);
    let (lines, broken) = follow(&mut chain, &timeline);
    let Some(seal) = seal else {
        return Ok(match broken {
            _ if !linked(&timeline) => Integrity::Unsealed,
            _ if read(files::RESULT)?.is_some() => Integrity::Changed(vec![Tampering::Missing(files::SEAL)]),
            Some(line) => Integrity::Changed(vec![Tampering::Line(line)]),
            None => Integrity::Cut { lines },
        });
    };
    let mut found = Vec::new();
    if seal.seal != seal.of_all() {
        found.push(Tampering::File(files::SEAL));
    }
    for (name, text, digest_then) in [
        (files::RUN, Some(run), &seal.run),
        (files::HISTOGRAMS, read(files::HISTOGRAMS)?, &seal.histograms),
        (files::RESULT, read(files::RESULT)?, &seal.result),
    ] {
        match text {
            None => found.push(Tampering::Missing(name)),
            Some(text) if digest([text.as_slice()]) != *digest_then => found.push(Tampering::File(name)),
            Some(_) => {}
        }
    }
    // Where `run.json` was changed, the chain cannot begin; that is said already.
    if !found.contains(&Tampering::File(files::RUN)) {
        match broken {
            Some(line) => found.push(Tampering::Line(line)),
            None if chain.last() != seal.timeline => found.push(Tampering::Lines),
            None => {}
        }
    }
    Ok(if found.is_empty() { Integrity::Intact(seal.seal) } else { Integrity::Changed(found) })
}

/// Follows the chain through whole lines: how many there are, and the first that breaks it. A last line that was cut in
/// the middle is left out, as readers do.
fn follow(chain: &mut Chain, timeline: &[u8]) -> (usize, Option<usize>) {
    let mut count = 0;
    for line in timeline.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = line.strip_suffix(b"\n") else { break };
        count += 1;
        if !chain.follows(line) {
            return (count, Some(count));
        }
    }
    (count, None)
}

/// Whether the timeline was written with links: any line has one, or there is none at all.
fn linked(timeline: &[u8]) -> bool {
    let mut lines = timeline.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).peekable();
    lines.peek().is_none() || lines.any(|line| parts(line).is_some())
}

/// What a line is without its link, and the link.
fn parts(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let (body, rest) = line.split_at_checked(line.len().checked_sub(LINK.len() + 64 + END.len())?)?;
    let link = rest.strip_prefix(LINK)?.strip_suffix(END)?;
    Some((body, link))
}

/// The SHA-256 of some texts, one behind the other, in hexadecimal.
fn digest<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut sha = Sha256::new();
    parts.into_iter().for_each(|part| sha.update(part));
    sha.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}
