//! To judge is to look at everything a record holds and say what to think of it.

use flashcrowd_record::Judgement;

use crate::breaking_point::breaking_point;
use crate::course::Course;
use crate::evidence::Evidence;
use crate::expectation::judged;
use crate::finding::findings;
use crate::steps::steps;
use crate::verdict::decide;

/// What to think of a run.
pub fn judge(evidence: &Evidence<'_>) -> Judgement {
    let steps = steps(evidence);
    let breaking_point = breaking_point(&steps);
    let mut judgement = Judgement { steps, breaking_point, ..Judgement::default() };
    let course = Course::of(evidence);
    judgement.expectations = evidence
        .run
        .expected
        .iter()
        .map(|expected| judged(evidence, &course, &judgement, &expected.name, &expected.target))
        .collect();
    judgement.findings = findings(evidence, course, &judgement);
    let reason = decide(evidence, &judgement);
    Judgement { verdict: reason.cause.verdict(), reason: Some(reason), ..judgement }
}
