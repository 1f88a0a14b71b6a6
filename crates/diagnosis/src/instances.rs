//! Instances are the processes that answer at one address of the target, told apart by when they started.
//!
//! A load balancer hands every reading of the target's metrics to another instance, so that counters and gauges of
//! several processes alternate in one series. They are looked at apart, by `process_start_time_seconds`.

use crate::course::Second;

/// When a process began, in seconds since 1970.
const STARTED: &str = "process_start_time_seconds";

/// Starts that are further apart, in seconds, are those of two processes.
const APART: f64 = 2.0;

/// How far the clocks of the target and of this machine may differ, in seconds.
const CLOCKS: f64 = 60.0;

/// The seconds in which each process told about itself, in the order in which they were first seen; all seconds as one
/// where the target does not say when it started.
pub(crate) fn instances<'a>(seconds: &[Second<'a>]) -> Vec<Vec<Second<'a>>> {
    let mut found: Vec<(f64, Vec<Second<'a>>)> = Vec::new();
    for second in seconds {
        let Some(start) = second.target(STARTED) else { continue };
        match found.iter_mut().find(|(known, _)| (known - start).abs() <= APART) {
            Some((_, seconds)) => seconds.push(*second),
            None => found.push((start, vec![*second])),
        }
    }
    if found.is_empty() {
        vec![seconds.to_vec()]
    } else {
        found.into_iter().map(|(_, seconds)| seconds).collect()
    }
}

/// When a process was first seen to have taken the place of another: a start later than all before, and one that was
/// seen before and never again. A process that began long before the run, whose start is given as in a record, did
/// not start anew during it.
pub(crate) fn restart(seconds: &[Second<'_>], began: &str) -> Option<f64> {
    let groups = instances(seconds);
    let start = |group: &[Second<'_>]| group.first().and_then(|second| second.target(STARTED));
    let earliest = unix_seconds(began).map_or(0.0, |began| began - CLOCKS);
    groups.iter().enumerate().skip(1).find_map(|(at, group)| {
        let (first, mine) = (group.first()?, start(group)?);
        let before = &groups[..at];
        let is_latest = before.iter().filter_map(|other| start(other)).all(|other| other < mine);
        let is_gone = |other: &Vec<Second<'_>>| other.last().is_some_and(|last| last.end < first.end);
        (is_latest && mine >= earliest && before.iter().any(is_gone)).then_some(first.end)
    })
}

/// How much a counter of the target grew, in all of its processes together; one that was reset counts from zero.
pub(crate) fn grown(seconds: &[Second<'_>], name: &str) -> Option<f64> {
    let between = |pair: &[f64]| if pair[1] >= pair[0] { pair[1] - pair[0] } else { pair[1] };
    let growth = |group: Vec<Second<'_>>| {
        let told: Vec<f64> = group.iter().filter_map(|second| second.target(name)).collect();
        (told.len() > 1).then(|| told.windows(2).map(between).sum::<f64>())
    };
    instances(seconds).into_iter().filter_map(growth).reduce(|all, more| all + more)
}

/// How much a counter of the target grew per second, in all of its processes together. None where it was not told, or
/// was reset.
pub(crate) fn rate(seconds: &[Second<'_>], name: &str) -> Option<f64> {
    let of = |group: Vec<Second<'_>>| {
        let told: Vec<(f64, f64)> = group.iter().filter_map(|second| second.target_at(name)).collect();
        let (first, last) = (told.first()?, told.last()?);
        (last.0 > first.0).then(|| (last.1 - first.1) / (last.0 - first.0))
    };
    let rates: Vec<f64> = instances(seconds).into_iter().filter_map(of).collect();
    (!rates.is_empty() && rates.iter().all(|rate| *rate >= 0.0)).then(|| rates.iter().sum())
}

/// Seconds since 1970 of `2026-11-20T10:00:00Z`; none of any other form.
fn unix_seconds(text: &str) -> Option<f64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let part = |text: &str, at: usize, by: char| text.split(by).nth(at)?.parse::<f64>().ok();
    let (year, month, day) = (part(date, 0, '-')?, part(date, 1, '-')?, part(date, 2, '-')?);
    // Years begin in March, so that the day that is sometimes there is the last one.
    let (year, month) = if month > 2.0 { (year, month - 3.0) } else { (year - 1.0, month + 9.0) };
    let leap = (year / 4.0).floor() - (year / 100.0).floor() + (year / 400.0).floor();
    let days = 365.0 * year + leap + ((153.0 * month + 2.0) / 5.0).floor() + day - 719_469.0;
    Some(days * 86_400.0 + part(time, 0, ':')? * 3600.0 + part(time, 1, ':')? * 60.0 + part(time, 2, ':')?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::Course;
    use crate::simulator::{Load, Service, Simulation, Station, evidence};

    const BEGAN: &str = "2026-11-20T10:00:00.250Z";

    /// A run of forty seconds against processes, of which one answers each second.
    fn check(answers: impl Fn(usize) -> (f64, f64), look: impl Fn(&[Second<'_>])) {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let mut record = Simulation::of(&[(40.0, Load::Users(5))], 100.0, station).run();
        for (at, line) in record.timeline.iter_mut().enumerate() {
            let (start, count) = answers(at);
            line.target = [(STARTED.to_owned(), start), ("hits_total".to_owned(), count)].into();
        }
        look(&Course::of(&evidence(&record)).seconds);
    }

    #[test]
    fn two_instances_behind_one_address_are_no_restart() {
        let now = unix_seconds(BEGAN).unwrap();
        let (one, other) = (now - 7000.0, now - 3000.0);
        for order in [0b01, 0b0110, 0b0011_0101] {
            let answers = move |at: usize| match order >> (at % 8) & 1 {
                1 => (one, 1e6 + 10.0 * at as f64),
                _ => (other, 5e3 + 10.0 * at as f64),
            };
            check(answers, |seconds| {
                assert_eq!((instances(seconds).len(), restart(seconds, BEGAN)), (2, None), "{order}");
                let grown = grown(seconds, "hits_total").unwrap();
                assert!((700.0..=780.0).contains(&grown), "{order}: {grown}");
                assert_eq!(rate(seconds, "hits_total"), Some(20.0), "{order}");
            });
        }
        // A connection that moves from one instance to the other.
        check(
            |at| (if at < 20 { one } else { other }, 0.0),
            |seconds| assert_eq!(restart(seconds, BEGAN), None),
        );
    }

    #[test]
    fn a_process_that_replaces_another_is_a_restart() {
        let now = unix_seconds(BEGAN).unwrap();
        let (one, other, new) = (now - 7000.0, now - 3000.0, now + 21.0);
        check(
            |at| (if at < 25 { one } else { new }, 0.0),
            |seconds| {
                assert_eq!((restart(seconds, BEGAN), restart(seconds, "")), (Some(26.0), Some(26.0)));
            },
        );
        let one_of_two = move |at: usize| match (at % 2, at < 25) {
            (0, _) => (one, 0.0),
            (_, true) => (other, 0.0),
            _ => (new, 0.0),
        };
        check(one_of_two, |seconds| assert_eq!(restart(seconds, BEGAN), Some(26.0)));
    }

    #[test]
    fn a_counter_that_was_reset_counts_from_zero() {
        check(
            |at| (7.0, if at < 20 { 100.0 + at as f64 } else { at as f64 - 19.0 }),
            |seconds| assert_eq!(grown(seconds, "hits_total"), Some(19.0 + 20.0)),
        );
        check(|_| (7.0, 1.0), |seconds| assert_eq!(grown(seconds, "misses_total"), None));
    }

    #[test]
    fn times_are_read_as_records_write_them() {
        assert_eq!(unix_seconds("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(unix_seconds("2024-02-29T12:00:00.5Z"), Some(1_709_208_000.5));
        assert_eq!(unix_seconds("2026-11-20T10:00:00Z"), Some(1_795_168_800.0));
        assert_eq!(unix_seconds("today"), None);
    }
}
