//! The selection is what a comparison shows: what was judged, what says how a run went, and what changed.

use flashcrowd_diagnosis::{About, Answer, Change, Comparison, OutcomeChange, Subject};

/// Metrics that follow the times of requests.
const ECHOES: [&str; 2] = ["iteration_duration ", "http_req_waiting "];

/// The times of requests.
const TIMES: &str = "http_req_duration ";

/// What of a comparison is shown.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    pub(super) outcomes: Vec<&'a OutcomeChange>,
    pub(super) changes: Vec<&'a Change>,
    pub(super) steps: Vec<(&'a str, Vec<&'a Change>)>,
    /// How many figures are not shown.
    pub(super) hidden: usize,
    /// How many of these cannot be told.
    pub(super) unknown: usize,
}

impl<'a> Selection<'a> {
    /// Everything, or what matters.
    pub(super) fn of(comparison: &'a Comparison, all: bool) -> Self {
        let outcomes = comparison.outcomes.iter().filter(|outcome| all || is_shown(outcome)).collect();
        let of_note = |change: &&Change| all || matters(change, &comparison.changes);
        let changes: Vec<&Change> = comparison.changes.iter().filter(of_note).collect();
        let steps = comparison.steps.iter().map(|step| {
            let changes = step.changes.iter().filter(|change| all || is_change(change));
            (step.name.as_str(), changes.collect::<Vec<_>>())
        });
        let steps: Vec<(&str, Vec<&Change>)> = steps.filter(|(_, changes)| !changes.is_empty()).collect();
        let shown = changes.len() + steps.iter().map(|(_, changes)| changes.len()).sum::<usize>();
        let hidden = comparison.figures().count() - shown;
        let is_unknown = |change: &Change| change.answer == Answer::Unknown;
        let untold = comparison.figures().filter(|(_, change)| is_unknown(change)).count();
        let shown_untold = changes.iter().chain(steps.iter().flat_map(|(_, changes)| changes));
        let unknown = untold - shown_untold.filter(|change| is_unknown(change)).count();
        Self { outcomes, changes, steps, hidden, unknown }
    }
}

/// Whether an outcome is shown anyway: all but findings that did not change.
fn is_shown(outcome: &OutcomeChange) -> bool {
    outcome.subject != Subject::Finding || outcome.answer != Answer::Same
}

fn is_change(change: &Change) -> bool {
    matches!(change.answer, Answer::Better | Answer::Worse | Answer::Different)
}

/// Whether a figure is shown: it says how the run went, or it changed and no other figure says the same.
fn matters(change: &Change, all: &[Change]) -> bool {
    let says_the_same = |other: &Change| other.name.starts_with(TIMES) && other.answer == change.answer;
    let is_echo = ECHOES.iter().any(|name| change.name.starts_with(name)) && all.iter().any(says_the_same);
    let is_traffic = change.unit == "B/s" && change.answer == Answer::Different;
    change.about == About::Run || (is_change(change) && !is_echo && !is_traffic)
}
