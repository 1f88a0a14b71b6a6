//! A side is one of the two records of a comparison.

use std::borrow::Cow;

use flashcrowd_record::{Phase, Record, Results};

use crate::course::{Course, Second};
use crate::dynamodb::ATTEMPTS;

/// Shorter intervals are the rest of a second, and their figures are noise.
const SHORTEST: f64 = 0.5;

/// Loads within this factor are one, so that a ramp falls apart into loads.
const SAME_LOAD: f64 = 1.15;

/// One of the two records.
#[derive(Debug)]
pub(super) struct Side<'a> {
    /// Its results; of a run that was killed, as far as its timeline tells.
    pub(super) results: Cow<'a, Results>,
    pub(super) course: Course<'a>,
    /// The seconds that are compared: ramps are left out.
    pub(super) seconds: Vec<Second<'a>>,
}

/// A step that both records have.
#[derive(Clone, Debug)]
pub(super) struct Step<'a> {
    /// Its configured load: `VU 50`, `200/s`.
    pub(super) name: String,
    pub(super) phases: [&'a Phase; 2],
}

impl<'a> Side<'a> {
    pub(super) fn of(record: &'a Record) -> Self {
        let course = Course::of(&record.into());
        let mut seconds = course.under_load();
        seconds.retain(|second| second.length() >= SHORTEST);
        let results = match &record.results {
            Some(results) => Cow::Borrowed(results),
            None => Cow::Owned(record.partial()),
        };
        Self { results, course, seconds }
    }

    /// Whether the target was DynamoDB.
    pub(super) fn is_dynamodb(&self) -> bool {
        self.results.metric(ATTEMPTS).is_some()
    }

    /// What load a second had, within 15%.
    pub(super) fn load(&self, second: &Second<'_>) -> String {
        let middle = second.start.midpoint(second.end);
        let phase = self.course.phases.iter().find(|phase| (phase.start..phase.end).contains(&middle));
        let rate = second.due_rate().or_else(|| phase?.rate);
        let level = |load: f64| (load + 1.0).log(SAME_LOAD).round();
        match rate {
            Some(rate) => format!("{}/s", level(rate)),
            None => format!("VU {}", level(second.users())),
        }
    }
}

/// The steps of the same load, each with its like.
pub(super) fn common_steps<'a>(sides: &[Side<'a>; 2]) -> Vec<Step<'a>> {
    let [before, after] = sides.each_ref().map(|side| side.course.phases);
    let mut left: Vec<&Phase> = after.iter().collect();
    let found = before.iter().filter_map(|phase| {
        let at = left.iter().position(|other| name(other) == name(phase))?;
        Some(Step { name: name(phase), phases: [phase, left.remove(at)] })
    });
    found.collect()
}

/// The load of a phase; of a ramp, where it starts, too.
fn name(phase: &Phase) -> String {
    let rounded = |load: f64| (load * 100.0).round() / 100.0;
    let from = phase.ramp_from.map_or_else(String::new, |from| format!("{} → ", rounded(from)));
    match (phase.users, phase.rate) {
        (_, Some(rate)) => format!("{from}{}/s", rounded(rate)),
        (Some(users), None) => format!("VU {from}{users}"),
        (None, None) => String::new(),
    }
}
