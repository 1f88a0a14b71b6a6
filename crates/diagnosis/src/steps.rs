//! Steps are the phases of a run with what was measured in each.

use flashcrowd_record::{Phase, StepResult};

use crate::course::{Course, Second};
use crate::evidence::Evidence;
use crate::stats::robust::{mean, median};
use crate::tally::Tally;

/// Users counted within this many seconds of the end of a phase may belong to the next one.
const EDGE: f64 = 0.1;

/// What was measured in each phase that the run came to, ramps left out.
pub fn steps(evidence: &Evidence<'_>) -> Vec<StepResult> {
    let course = Course::of(evidence);
    course.phases.iter().filter_map(|phase| step(&course, phase)).collect()
}

/// The 95th percentile of the usual second of each step, which one pause of the target does not change.
pub(crate) fn usual_p95s(evidence: &Evidence<'_>) -> Vec<f64> {
    let course = Course::of(evidence);
    let measured = course.phases.iter().filter(|phase| step(&course, phase).is_some());
    let usual = measured.map(|phase| {
        let p95s: Vec<f64> =
            course.settled(phase).iter().filter_map(|second| second.latency("p95")).collect();
        median(&p95s).unwrap_or_default()
    });
    usual.collect()
}

fn step(course: &Course<'_>, phase: &Phase) -> Option<StepResult> {
    let seconds = course.settled(phase);
    let (first, last) = (seconds.first()?, seconds.last()?);
    let tally = Tally::of(&seconds, None);
    let at = |percent| tally.durations.percentile(percent).unwrap_or_default();
    Some(StepResult {
        scenario: phase.scenario.clone(),
        start: first.line.t - first.line.interval,
        end: last.line.t,
        users: phase.users,
        rate: phase.rate,
        ramp_from: phase.ramp_from,
        vus: users(&seconds, phase)?,
        tps: tally.per_second()?,
        iteration_rate: seconds.iter().map(Second::iterations).sum::<f64>() / tally.seconds,
        requests: tally.requests as u64,
        error_rate: tally.error_rate().unwrap_or_default(),
        avg: tally.average().unwrap_or_default(),
        p50: at(50.0),
        p95: at(95.0),
        p99: at(99.0),
        dropped: seconds.iter().map(Second::dropped).sum::<f64>() as u64,
        target_cpu: processors(course, first, last),
    })
}

/// How many virtual users there were on average. They are counted at the end of each interval, where those of the next
/// phase may have started.
fn users(seconds: &[Second<'_>], phase: &Phase) -> Option<f64> {
    let inside: Vec<f64> =
        seconds.iter().filter(|second| second.end < phase.end - EDGE).map(Second::users).collect();
    mean(&inside).or(phase.users.map(|users| users as f64)).or_else(|| seconds.first().map(Second::users))
}

/// The target's CPU cores in use from the first interval to the last; by what it said at the end of the one before,
/// so that a step of one interval has a value too.
fn processors(course: &Course<'_>, first: &Second<'_>, last: &Second<'_>) -> Option<f64> {
    const USED: &str = "process_cpu_seconds_total";
    let told = |second: &&Second<'_>| second.target(USED).is_some();
    let from = course.seconds.iter().filter(told).find(|second| second.end >= first.start - 0.5)?;
    let to = course.seconds.iter().filter(told).rfind(|second| second.end <= last.end)?;
    let used = to.target(USED)? - from.target(USED)?;
    (to.end > from.end && used >= 0.0).then(|| used / (to.end - from.end))
}
