//! The context of a finding: all that a run is searched in, computed once for all kinds.

use flashcrowd_record::Judgement;

use super::series::{Series, series};
use super::stretch::load_seconds;
use crate::course::{Course, Second};
use crate::evidence::Evidence;

/// All that a run is searched in.
#[derive(Clone, Debug)]
pub(crate) struct Context<'a> {
    pub(crate) evidence: Evidence<'a>,
    pub(crate) course: Course<'a>,
    /// Steps, breaking point and expectations; the findings are still missing.
    pub(crate) judgement: &'a Judgement,
    /// The seconds in which load ran, without rests of seconds.
    pub(crate) seconds: Vec<Second<'a>>,
    /// Every interval of the record, including setup.
    pub(crate) all_seconds: Vec<Second<'a>>,
    /// Every request over `seconds`.
    pub(crate) series: Vec<Series>,
    /// Whether the generator held the load back: times and rates are then no evidence against the target.
    pub(crate) is_generator_to_blame: bool,
}

impl<'a> Context<'a> {
    /// The context of a run; whether the generator is to blame is found out later.
    pub(crate) fn of(evidence: &Evidence<'a>, course: Course<'a>, judgement: &'a Judgement) -> Self {
        let seconds = load_seconds(&course);
        Self {
            evidence: *evidence,
            judgement,
            all_seconds: Second::all(evidence),
            series: series(&seconds),
            seconds,
            course,
            is_generator_to_blame: false,
        }
    }
}
