//! A report gathers all that any document shows of a record.

use std::borrow::Cow;

use flashcrowd_diagnosis::{Evidence, judge, step_response_times};
use flashcrowd_record::{Judgement, Record, ResponseTimes, Results, RunState};

/// All that any document shows of a record.
#[derive(Clone, Debug)]
pub struct Report {
    /// The record.
    pub record: Record,
    /// Its results; of a run that was killed, as far as the timeline tells.
    pub results: Results,
    /// What to think of it.
    pub judgement: Judgement,
    /// Response times of each step from when requests were due; none where they have no due times.
    pub(crate) step_times: Vec<Option<ResponseTimes>>,
}

impl Report {
    /// Gathers it; what was not judged when the run ended is judged now.
    pub fn of(record: Record) -> Self {
        let judgement = record.results.as_ref().and_then(Results::judgement);
        let judgement = judgement.unwrap_or_else(|| judge(&Evidence::from(&record)));
        let results = record.results.clone().unwrap_or_else(|| record.partial());
        let evidence = Evidence::from(&record);
        let step_times = judgement.steps.iter().map(|step| step_response_times(&evidence, step)).collect();
        Self { record, results, judgement, step_times }
    }

    /// The same report for documents that people read: a record may have been made by somebody else.
    pub(crate) fn printable(&self) -> Cow<'_, Self> {
        match (self.record.printable(), self.results.printable(), self.judgement.printable()) {
            (Cow::Borrowed(_), Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(self),
            (record, results, judgement) => Cow::Owned(Self {
                record: record.into_owned(),
                results: results.into_owned(),
                judgement: judgement.into_owned(),
                step_times: self.step_times.clone(),
            }),
        }
    }

    /// Whether the run was killed, so that this is what was on disk by then.
    pub(crate) fn is_cut(&self) -> bool {
        !self.record.is_complete() || self.results.outcome.state == RunState::Cut
    }

    /// How long the load lasted, without setup and teardown, in seconds.
    pub(crate) fn load_seconds(&self) -> f64 {
        self.results.load.as_ref().map_or(self.seconds(), |load| load.seconds)
    }

    /// How long the run took as far as it is recorded, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        let last = self.record.timeline.last().map_or(0.0, |line| line.t);
        if self.results.seconds > 0.0 { self.results.seconds } else { last }
    }
}
