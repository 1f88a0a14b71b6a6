//! Evidence is what a judgement reads: what a record holds, complete or interrupted.

use flashcrowd_record::{Record, Results, RunInfo, TimelineLine};

/// What a judgement reads.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// What was run.
    pub run: &'a RunInfo,
    /// What happened, one line per interval.
    pub timeline: &'a [TimelineLine],
    /// The results; none when the run was killed.
    pub results: Option<&'a Results>,
}

impl<'a> From<&'a Record> for Evidence<'a> {
    fn from(record: &'a Record) -> Self {
        Self { run: &record.run, timeline: &record.timeline, results: record.results.as_ref() }
    }
}
