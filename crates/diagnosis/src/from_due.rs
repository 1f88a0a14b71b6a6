//! Times from when requests were due: how late they were sent is part of them, and what never got in has none.
//!
//! Iterations that were due and never started count as slower than all others, as many requests for each as there were
//! for those that started. A percentile among them is not known: it is longer than all that was measured.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{ResponseTime, ResponseTimes, Stats, StepResult};

use crate::course::{Course, Second};
use crate::evidence::Evidence;
use crate::tally::Tally;

/// By how many seconds the ends of a step may be rounded.
const EDGE: f64 = 1e-6;

/// Response times of all requests since the end of setup; none where they have no due times.
pub(crate) fn response_times(evidence: &Evidence<'_>, course: &Course<'_>) -> Option<ResponseTimes> {
    // Where every request counts, the results have them within 0.1%.
    let results = evidence.results.and_then(|results| results.metric(metric::HTTP_REQ_RESPONSE_TIME));
    of(&course.seconds, results.map(|all| &all.stats))
}

/// Response times of the requests of a step; none where they have no due times.
pub fn step_response_times(evidence: &Evidence<'_>, step: &StepResult) -> Option<ResponseTimes> {
    let course = Course::of(evidence);
    let seconds = course.seconds.into_iter();
    let is_inside = |second: &Second<'_>| {
        let begin = second.line.t - second.line.interval;
        begin >= step.start - EDGE && second.line.t <= step.end + EDGE
    };
    of(&seconds.filter(is_inside).collect::<Vec<_>>(), None)
}

/// Response times of all requests of some seconds, with the exact ones of the run.
fn of(seconds: &[Second<'_>], exact: Option<&Stats>) -> Option<ResponseTimes> {
    let tally = Tally::from_due(seconds, None)?;
    let never = never_started(seconds);
    let longest = tally.longest?;
    let exact = exact.filter(|all| never == 0.0 && all.value("count") == tally.times);
    let at = |percent: f64, name: &str| {
        let Some(percent) = among_measured(percent, tally.times, never) else {
            return Some(ResponseTime { ms: longest, at_least: true });
        };
        let exact = exact.and_then(|all| all.get(name));
        Some(ResponseTime { ms: exact.or(tally.durations.percentile(percent))?, at_least: false })
    };
    Some(ResponseTimes {
        never_started: never,
        avg: average(&tally, never)?,
        p50: at(50.0, "med")?,
        p90: at(90.0, "p(90)")?,
        p95: at(95.0, "p(95)")?,
        p99: at(99.0, "p(99)")?,
        max: ResponseTime { ms: longest, at_least: never > 0.0 },
    })
}

/// The mean time; a lower bound where iterations never started, which count with the longest time measured.
pub(crate) fn average(tally: &Tally, never: f64) -> Option<ResponseTime> {
    let ms = (1.0 - never) * tally.average()? + never * tally.longest?;
    Some(ResponseTime { ms, at_least: never > 0.0 })
}

/// The share of the iterations that were due and never started.
pub(crate) fn never_started(seconds: &[Second<'_>]) -> f64 {
    let dropped: f64 = seconds.iter().map(Second::dropped).sum();
    let due = dropped + seconds.iter().map(Second::started).sum::<f64>();
    if due > 0.0 { dropped / due } else { 0.0 }
}

/// The percentile of `count` measured times that is the given one when a share of all has no time, and counts as slower;
/// none where the given one is among these.
pub(crate) fn among_measured(percent: f64, count: f64, never: f64) -> Option<f64> {
    let all = count / (1.0 - never);
    let rank = percent / 100.0 * (all - 1.0).max(0.0);
    let last = (count - 1.0).max(0.0);
    match never > 0.0 {
        true if rank > last + 1e-9 => None,
        true if last > 0.0 => Some((100.0 * rank / last).min(100.0)),
        _ => Some(percent),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::durations::Durations;

    /// The percentile of all of these, on the straight line between two neighbours.
    fn percentile_of(times: &[f64], percent: f64) -> f64 {
        let rank = percent / 100.0 * (times.len() - 1) as f64;
        let (low, part) = (rank.floor() as usize, rank.fract());
        if part < 1e-9 || times[low].is_infinite() {
            times[low]
        } else {
            times[low] + (times[low + 1] - times[low]) * part
        }
    }

    proptest! {
        #[test]
        fn what_never_started_is_slower_than_all(
            mut micros in prop::collection::vec(1u64..1_000_000, 2..200), dropped in 0usize..50, percent in 1.0..99.99_f64,
        ) {
            micros.sort_unstable();
            let mut measured = Durations::default();
            micros.iter().for_each(|micros| measured.add(&[(*micros, 1)]));
            let mut all: Vec<f64> = micros.iter().map(|micros| *micros as f64 / 1e3).collect();
            all.extend(std::iter::repeat_n(f64::INFINITY, dropped));
            let count = micros.len() as f64;
            let never = dropped as f64 / (count + dropped as f64);
            let expected = percentile_of(&all, percent);
            match among_measured(percent, count, never) {
                None => prop_assert!(expected.is_infinite(), "{expected}"),
                Some(percent) => {
                    let found = measured.percentile(percent).unwrap();
                    prop_assert!((found - expected).abs() < 1e-6 * expected + 1e-3, "{found} {expected}");
                }
            }
        }
    }
}
