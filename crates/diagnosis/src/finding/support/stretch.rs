//! A stretch is a part of a run with one load: consecutive seconds in which neither users nor rate changed.

use std::ops::Range;

use flashcrowd_record::Phase;

use crate::course::{Course, Second};

/// Shorter intervals are the rest of a second, and their figures are noise.
const SHORTEST: f64 = 0.5;

/// Loads that differ by less are the same load.
const SAME_LOAD: f64 = 0.05;

/// The seconds in which load ran: those before and after it, and rests of seconds, are left out.
pub(crate) fn load_seconds<'a>(course: &Course<'a>) -> Vec<Second<'a>> {
    let end = course.end();
    let runs = |second: &Second<'_>| second.users() > 0.0 || second.due_rate().is_some();
    let is_whole = |second: &Second<'_>| second.length() >= SHORTEST && second.end <= end + SHORTEST;
    course.seconds.iter().filter(|second| is_whole(second) && runs(second)).copied().collect()
}

/// How much a counter of the target grew from the end of one second to that of another, each second. None where it was
/// not told, or was reset because the target restarted.
pub(crate) fn target_rate(from: &Second<'_>, to: &Second<'_>, name: &str) -> Option<f64> {
    let ((from, before), (to, after)) = (from.target_at(name)?, to.target_at(name)?);
    (after >= before && to > from).then(|| (after - before) / (to - from))
}

/// The parts of the run that have one load each, as ranges of seconds; ramps fall apart into parts too short to be
/// kept. Parts of fewer than `shortest` seconds are left out.
pub(crate) fn stretches(seconds: &[Second<'_>], phases: &[Phase], shortest: usize) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut first = 0;
    for at in 1..=seconds.len() {
        let goes_on = seconds.get(at).is_some_and(|second| {
            is_same_load(&seconds[first], second) && part(phases, &seconds[first]) == part(phases, second)
        });
        if !goes_on {
            if at - first >= shortest && part(phases, &seconds[first]) != Some(Part::Ramp) {
                found.push(first..at);
            }
            first = at;
        }
    }
    found
}

fn is_same_load(first: &Second<'_>, other: &Second<'_>) -> bool {
    let same = |from: f64, to: f64| (to - from).abs() <= (from * SAME_LOAD).max(1.0);
    match (first.due_rate(), other.due_rate()) {
        // How many virtual users a rate needs is for the target to say.
        (Some(from), Some(to)) => same(from, to),
        (None, None) => same(first.users(), other.users()),
        _ => false,
    }
}

/// Where in the phases a second is.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    Ramp,
    Settled(usize),
    Between,
}

fn part(phases: &[Phase], second: &Second<'_>) -> Option<Part> {
    let middle = second.start.midpoint(second.end);
    if phases.is_empty() {
        return None;
    }
    let found = phases.iter().position(|phase| (phase.start..phase.end).contains(&middle));
    Some(match found {
        None => Part::Between,
        Some(at) if second.start + SHORTEST / 2.0 < phases[at].settled => Part::Ramp,
        Some(at) => Part::Settled(at),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Load, Service, Simulation, Station, evidence};

    fn steps(steps: &[(f64, Load)]) -> Simulation {
        Simulation::of(steps, 100.0, Station { servers: usize::MAX, service: Service::Fixed(20.0) })
    }

    #[test]
    fn every_load_is_a_stretch_and_ramps_are_none() {
        let mut ramp: Vec<(f64, Load)> = (1..=10).map(|users| (1.0, Load::Users(users * 10))).collect();
        ramp.extend([(20.0, Load::Users(100)), (15.0, Load::Users(50))]);
        let record = Simulation { phases: false, ..steps(&ramp) }.run();
        assert_eq!(stretches(&load_seconds(&Course::of(&evidence(&record))), &[], 8), [9..30, 30..45]);
    }

    #[test]
    fn rates_make_stretches_whatever_users_they_need() {
        let mut record = steps(&[(10.0, Load::Rate(50.0)), (10.0, Load::Rate(90.0))]).run();
        for (at, line) in record.timeline.iter_mut().enumerate() {
            line.scenarios[0].vus = at as u64 % 7;
        }
        assert_eq!(
            stretches(&load_seconds(&Course::of(&evidence(&record))), &record.run.phases, 8),
            [0..10, 10..20]
        );
    }

    #[test]
    fn what_is_before_and_after_the_load_is_left_out() {
        let mut record = steps(&[(10.0, Load::Users(5))]).run();
        record.timeline[0].load = None;
        record.timeline[9].load = Some(10.7);
        record.timeline[8].interval = 0.3;
        assert_eq!(load_seconds(&Course::of(&evidence(&record))).len(), 7);
    }
}
