//! A merge is a test whose run was made in parts: their heads are checked, and their seconds are replayed into one record.

use std::path::{Path, PathBuf};

use flashcrowd_engine::segment::{Segment, Sequence};
use flashcrowd_record::RunInfo;
use serde_json::Value;

use super::error::PartError;
use super::file::Head;
use super::merged_test::MergedTest;
use super::reader::PartReader;
use super::replay::{Replay, ReplayPart};

/// The options that say which part of the test a process runs.
const OF_PART: [&str; 2] = ["executionSegment", "executionSegmentSequence"];

/// Parts that add up to a test.
pub struct Merge {
    test: MergedTest,
    replay: Replay,
}

impl Merge {
    /// Opens parts of one run, and sees whether they are and whether any is missing.
    pub fn open(paths: &[PathBuf]) -> Result<Self, PartError> {
        let mut opened = paths.iter().map(|path| PartReader::open(path)).collect::<Result<Vec<_>, _>>()?;
        let mut segments = Vec::new();
        for (reader, head) in &opened {
            segments.push(segment(&reader.path, head)?);
        }
        whole(&segments)?;
        let Some(((first, head), others)) = opened.split_first() else {
            return Err(PartError::Segments("there is none".to_owned()));
        };
        for (other, its) in others {
            if let Some(what) = difference(head, its) {
                let (first, other) = (first.path.clone(), other.path.clone());
                return Err(PartError::Different { first, other, what });
            }
        }
        let heads: Vec<Head> = opened.iter().map(|(_, head)| head.clone()).collect();
        let test = MergedTest::of(&first.path, &heads)?;
        let parts = opened.drain(..).zip(segments).map(|((reader, _), segment)| ReplayPart {
            name: name(&reader.path),
            share: length(&segment),
            reader,
        });
        let replay = Replay::new(parts.collect(), &test);
        Ok(Self { test, replay })
    }

    /// The test, and what plays its run again.
    pub fn parts(&mut self) -> (&MergedTest, &mut Replay) {
        (&self.test, &mut self.replay)
    }
}

/// A part's name: that of its file.
fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| path.display().to_string(), |name| name.to_string_lossy().into_owned())
}

fn segment(path: &Path, head: &Head) -> Result<Segment, PartError> {
    match head.run.options.get(OF_PART[0]) {
        None | Some(Value::Null) => Ok(Segment::whole()),
        Some(text) => {
            let text = text.as_str().unwrap_or_default();
            let wrong = |error: flashcrowd_engine::segment::SegmentError| PartError::Options {
                path: path.to_owned(),
                what: error.to_string(),
            };
            text.parse().map_err(wrong)
        }
    }
}

/// Whether the segments are all of the test, each part of it once.
fn whole(segments: &[Segment]) -> Result<(), PartError> {
    let mut sorted: Vec<&Segment> = segments.iter().collect();
    sorted.sort_by_key(|segment| segment.from());
    let mut end = Segment::whole().from();
    for segment in sorted {
        if segment.from() > end {
            return Err(PartError::Segments(format!("{end}:{} is missing", segment.from())));
        }
        if segment.from() < end {
            return Err(PartError::Segments(format!("{segment} was run by more than one of them")));
        }
        end = segment.to();
    }
    match end == Segment::whole().to() {
        true => Ok(()),
        false => Err(PartError::Segments(format!("{end}:1 is missing"))),
    }
}

fn length(segment: &Segment) -> f64 {
    segment.to().value() - segment.from().value()
}

/// In what two parts differ, so that they are not of one run.
fn difference(one: &Head, other: &Head) -> Option<&'static str> {
    let names = |head: &Head| head.run.sources.iter().map(|source| source.text.clone()).collect::<Vec<_>>();
    let segments = |head: &Head| {
        let sequence = head.run.options.get(OF_PART[1]).and_then(Value::as_str);
        sequence.and_then(|sequence| sequence.parse::<Sequence>().ok())
    };
    match () {
        () if one.run.tool.version != other.run.tool.version => Some("the program's version"),
        () if names(one) != names(other) => Some("the test"),
        () if options(&one.run) != options(&other.run) => Some("what the options say"),
        () if segments(one) != segments(other) => Some("--execution-segment-sequence"),
        () if one.run.seed != other.run.seed => Some("the seed"),
        () if (one.by_group_and_scenario, &one.views) != (other.by_group_and_scenario, &other.views) => {
            Some("--summary-mode")
        }
        () => None,
    }
}

/// A part's options, but for what part it is.
pub(super) fn options(run: &RunInfo) -> Value {
    let mut options = run.options.clone();
    if let Some(fields) = options.as_object_mut() {
        fields.retain(|name, _| !OF_PART.contains(&name.as_str()));
    }
    options
}
