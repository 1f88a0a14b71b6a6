//! To judge is to look at everything a record holds and say what to think of it.

use flashcrowd_record::{Judgement, Mark, RunState, Severity, Verdict};

use crate::breaking_point::breaking_point;
use crate::course::Course;
use crate::evidence::Evidence;
use crate::expectation::judged;
use crate::finding::findings;
use crate::from_due::response_times;
use crate::steps::steps;

/// The version of the definitions in `docs/expectations.md` and `docs/findings.md`: one more whenever a figure, a mark or
/// a verdict comes out differently for the same record.
pub const DEFINITIONS: u32 = 1;

/// What to think of a run.
pub fn judge(evidence: &Evidence<'_>) -> Judgement {
    let steps = steps(evidence);
    let breaking_point = breaking_point(evidence, &steps);
    let mut judgement = Judgement { definitions: DEFINITIONS, steps, breaking_point, ..Judgement::default() };
    let course = Course::of(evidence);
    judgement.expectations = evidence
        .run
        .expected
        .iter()
        .map(|expected| judged(evidence, &course, &judgement, &expected.name, &expected.target))
        .collect();
    judgement.response_times = response_times(evidence, &course);
    judgement.findings = findings(evidence, course, &judgement);
    judgement.verdict = verdict(evidence, &judgement);
    judgement
}

/// All of it in one word.
fn verdict(evidence: &Evidence<'_>, judgement: &Judgement) -> Verdict {
    let marked = |mark| judgement.expectations.iter().any(|expectation| expectation.result == mark);
    let is_finished = evidence.results.is_some_and(|results| results.outcome.state == RunState::Finished);
    let crossed = evidence.results.is_some_and(|results| {
        results.metrics.iter().flat_map(|metric| &metric.thresholds).any(|threshold| !threshold.ok)
    });
    let found = judgement.findings.iter().any(|finding| finding.severity >= Severity::Warning);
    match () {
        () if marked(Mark::Fail) || crossed || !is_finished => Verdict::Fail,
        () if marked(Mark::Warn) || marked(Mark::NotMeasured) || found => Verdict::Warn,
        () => Verdict::Pass,
    }
}
