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

/// What is usual in a step: one pause of the target does not change it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usual {
    /// The 95th percentile of requests in the median second, in milliseconds.
    pub(crate) p95: f64,
    /// The mean length of an iteration in the median second, in seconds; 0 where nothing tells.
    pub(crate) iteration: f64,
}

/// What is usual in each step.
pub(crate) fn usual(evidence: &Evidence<'_>) -> Vec<Usual> {
    let course = Course::of(evidence);
    let measured = course.phases.iter().filter(|phase| step(&course, phase).is_some());
    let usual = measured.map(|phase| {
        let seconds = course.settled(phase);
        let of = |value: fn(&Second<'_>) -> Option<f64>| {
            median(&seconds.iter().filter_map(value).collect::<Vec<_>>()).unwrap_or_default()
        };
        Usual {
            p95: of(|second| second.latency("p95")),
            iteration: of(|second| Some(second.iteration_length()? / 1e3)),
        }
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
