//! To judge is to look at everything a record holds and say what to think of it.

use flashcrowd_record::Judgement;

use crate::breaking_point::breaking_point;
use crate::course::Course;
use crate::evidence::Evidence;
use crate::expectation::{DUET, judged};
use crate::finding::findings;
use crate::from_due::response_times;
use crate::steps::steps;
use crate::verdict::decide;

/// The version of the definitions in `docs/expectations.md` and `docs/findings.md`: one more whenever a figure, a mark or
/// a verdict comes out differently for the same record.
pub const DEFINITIONS: u32 = 2;

/// The findings that are about this program.
const GENERATOR: [&str; 3] = ["generator-limit", "generator-bottleneck", "generator-late"];

/// What to think of a run.
pub fn judge(evidence: &Evidence<'_>) -> Judgement {
    judge_by(evidence, DEFINITIONS)
}

/// What an earlier version of the definitions thinks of a run.
pub(crate) fn judge_by(evidence: &Evidence<'_>, definitions: u32) -> Judgement {
    let steps = steps(evidence);
    let breaking_point = breaking_point(evidence, &steps);
    let mut judgement = Judgement { definitions, steps, breaking_point, ..Judgement::default() };
    let course = Course::of(evidence);
    judgement.expectations = evidence
        .run
        .expected
        .iter()
        .map(|expected| judged(evidence, &course, &judgement, &expected.name, &expected.target))
        .collect();
    judgement.response_times = response_times(evidence, &course);
    judgement.findings = findings(evidence, course, &judgement);
    if is_duet(evidence) {
        // Figures of two targets together say nothing about either.
        judgement.findings.retain(|finding| GENERATOR.contains(&finding.id.as_str()));
        judgement.breaking_point = None;
    }
    let reason = decide(evidence, &judgement);
    Judgement { verdict: reason.cause.verdict(), reason: Some(reason), ..judgement }
}

/// Whether two variants were compared in this run.
fn is_duet(evidence: &Evidence<'_>) -> bool {
    evidence.run.expected.iter().any(|expected| expected.name == DUET)
}
