//! The breaking point is where throughput stops growing with the load while latency, errors or drops rise.
//!
//! With virtual users the load it broke at is the knee of the asymptotic bounds, N* = X_max · min(N / X). It comes from
//! the law of scalability where that fits well and better than two straight lines, else from their change point.
//! With a rate it is the first step that does not keep up with what is due. What is due is counted in iterations, so
//! that requests which users make once, such as a log-in, are no part of it; and times are those of the usual second,
//! so that one pause of the target is no step that broke.

use flashcrowd_record::{BreakingPoint, StepResult, UslFit};

use crate::evidence::Evidence;
use crate::stats::knee::Knee;
use crate::stats::little;
use crate::stats::robust::median;
use crate::stats::usl;
use crate::steps::{Usual, usual};

/// A load that is larger by less is the same load.
const GROWTH: f64 = 1.02;

/// Throughput that grows by less than this part of the load's growth (both as logarithms) no longer grows.
const ELASTICITY: f64 = 0.6;

/// The law of scalability is fitted to at least this many steps; with more, and this good a fit, it determines the knee.
const STEPS_OF_A_LAW: usize = 4;
const GOOD_FIT: f64 = 0.95;

/// A law that explains less than this is not worth telling.
const FAIR_FIT: f64 = 0.8;

/// The method that says so.
const LAW: &str = "usl";

/// Below this part of the knee users hardly wait for each other.
const UNHINDERED: f64 = 0.8;

/// Latency has risen when it is larger than before by this factor; then it began to where it was by the other.
const RISEN: f64 = 1.2;
const RISING: f64 = 1.1;

/// Errors have risen when their share is larger than before by this much.
const MORE_ERRORS: f64 = 0.01;
const MANY_ERRORS: f64 = 0.05;

/// Where this share of the requests fails at the lowest load, failures are part of the test.
const USUAL_ERRORS: f64 = 0.2;

/// A rate is not kept up with when less than this share of it is served, or more than that is dropped.
const KEPT_UP: f64 = 0.95;
const DROPPED: f64 = 0.01;

/// Arrivals at random miss their rate by chance. What is lacking is no chance when requests were slower than before by
/// this factor, or when it is more than so many standard deviations.
const SLOWER: f64 = 2.0;
/// ... and by as many milliseconds: what is fast doubles on a busy machine.
const SLOWER_BY: f64 = 10.0;
const DEVIATIONS: f64 = 3.0;

/// What is larger by less than this share, and twice the standard deviation of chance, is served by the same target at
/// its limit.
const SAME_SERVED: f64 = 0.05;
const BY_CHANCE: f64 = 2.0;

/// Iterations are long from this part of their step on.
const LONG: f64 = 0.05;

/// At a rate, latency explodes when p95 is larger than before by this factor, and by this many milliseconds.
const EXPLODED: f64 = 5.0;
const EXPLODED_BY: f64 = 100.0;

/// A step whose load is larger than that of all before it.
#[derive(Clone, Copy, Debug)]
struct Rung<'a> {
    at: usize,
    step: &'a StepResult,
    load: f64,
    /// Requests per second that did not fail for the load's sake.
    good: f64,
    usual: Usual,
}

impl Rung<'_> {
    fn seconds(&self) -> f64 {
        self.step.end - self.step.start
    }

    /// Iterations that were due, where the load is a rate.
    fn due(&self) -> f64 {
        self.load * self.seconds()
    }
}

/// A breaking point, and how sure it is.
#[derive(Debug, PartialEq)]
struct Found {
    point: BreakingPoint,
    /// Whether throughput stopped to grow: at a rate, times alone may rise before that.
    is_certain: bool,
}

/// Where a run broke, by its steps; none when it did not.
pub fn breaking_point(evidence: &Evidence<'_>, steps: &[StepResult]) -> Option<BreakingPoint> {
    Some(find(steps, &usual(evidence))?.point)
}

/// Whether the run has come so far that its throughput no longer grew with the load.
pub fn is_past_breaking_point(evidence: &Evidence<'_>, steps: &[StepResult]) -> bool {
    find(steps, &usual(evidence)).is_some_and(|found| found.is_certain)
}

fn find(steps: &[StepResult], usual: &[Usual]) -> Option<Found> {
    let is_users = steps.first()?.rate.is_none();
    let rungs = rungs(steps, usual, is_users);
    if rungs.len() < 2 {
        return None;
    }
    if is_users { of_users(&rungs) } else { of_rate(&rungs) }
}

/// The load of a step: virtual users there were, or iterations per second that were due, on average.
pub(crate) fn load(step: &StepResult) -> f64 {
    match (step.rate, step.users) {
        (Some(rate), _) => step.ramp_from.map_or(rate, |from| from.midpoint(rate)),
        (None, users) if step.vus <= 0.0 => users.unwrap_or_default() as f64,
        _ => step.vus,
    }
}

/// The steps with growing load, by position.
pub(crate) fn growing(steps: &[StepResult]) -> Vec<usize> {
    let is_users = steps.first().is_some_and(|step| step.rate.is_none());
    rungs(steps, &[], is_users).iter().map(|rung| rung.at).collect()
}

/// Requests a second of each step that did not fail for the load's sake.
pub(crate) fn goods(steps: &[StepResult]) -> Vec<f64> {
    let usual = steps.iter().map(|step| step.error_rate).fold(1.0, f64::min);
    let good = |step: &StepResult| match usual < USUAL_ERRORS {
        true => step.tps * (1.0 - step.error_rate) / (1.0 - usual),
        false => step.tps,
    };
    steps.iter().map(good).collect()
}

fn rungs<'a>(steps: &'a [StepResult], usual: &[Usual], is_users: bool) -> Vec<Rung<'a>> {
    let mut largest = 0.0;
    let mut found = Vec::new();
    for (at, (step, good)) in steps.iter().zip(goods(steps)).enumerate() {
        let load = load(step);
        if step.rate.is_none() == is_users && load > largest * GROWTH && step.requests > 0 {
            largest = load;
            let usual = usual.get(at).copied().unwrap_or(Usual { p95: step.p95, iteration: 0.0 });
            found.push(Rung { at, step, load, good, usual });
        }
    }
    found
}

/// A curve of throughput over users.
struct Curve {
    method: &'static str,
    /// Where its bounds meet.
    knee: f64,
    /// The throughput there.
    tps: f64,
    /// The throughput that its bounds allow.
    largest: f64,
}

impl Curve {
    /// The throughput that its bounds allow this many users.
    fn at(&self, users: f64) -> f64 {
        self.largest * (users / self.knee).min(1.0)
    }
}

fn of_users(rungs: &[Rung<'_>]) -> Option<Found> {
    let points: Vec<(f64, f64)> = rungs.iter().map(|rung| (rung.load, rung.good)).collect();
    let law = if rungs.len() >= STEPS_OF_A_LAW { usl::fit(&points) } else { None };
    let curve = curve(&points, law.as_ref())?;
    let before = rungs.iter().rposition(|rung| rung.load <= curve.knee * GROWTH).unwrap_or(0);
    // A step that was disturbed got less than what it could have, and everything after it would seem to grow.
    let last_held = Rung { good: rungs[before].good.max(curve.at(rungs[before].load)), ..rungs[before] };
    let has_stopped = |rung: &Rung<'_>| elasticity(&last_held, rung).is_some_and(|grown| grown < ELASTICITY);
    if !rungs.last().is_some_and(has_stopped) {
        return None;
    }
    let first = |risen: f64| {
        let mut stopped = rungs[before + 1..].iter().filter(|rung| has_stopped(rung));
        stopped.find_map(|rung| Some((rung, symptom_of_users(&rungs[..=before], rung, risen)?)))
    };
    let (broken, symptom) = first(RISEN).and_then(|_| first(RISING))?;
    let point = BreakingPoint {
        step: broken.at,
        held: Some(rungs[before].at),
        load: curve.knee.min(broken.load),
        tps: curve.tps,
        is_users: true,
        method: curve.method.to_owned(),
        symptom: symptom.to_owned(),
        usl: law.filter(|law| curve.method == LAW || law.r_squared >= FAIR_FIT),
    };
    Some(Found { point, is_certain: true })
}

fn curve(points: &[(f64, f64)], law: Option<&UslFit>) -> Option<Curve> {
    let lines = Knee::fit(points)?;
    // Users begin to wait for each other a little before the knee, which bends the first line and the law, so that the
    // time of one who does not wait is taken from the loads well below.
    let unhindered: Vec<f64> = points
        .iter()
        .filter(|(users, _)| *users <= lines.load * UNHINDERED)
        .map(|(users, tps)| users / tps)
        .collect();
    let is_law = |law: &&UslFit| {
        points.len() > STEPS_OF_A_LAW
            && law.r_squared >= GOOD_FIT
            && usl::squares(points, |users| usl::throughput(law, users)) < lines.squares
    };
    let Some(law) = law.filter(is_law) else {
        let tps = lines.throughput(lines.load);
        let cycle = median(&unhindered).unwrap_or(1.0 / lines.rise);
        return Some(Curve { method: "change-point", knee: little::knee(tps, cycle), tps, largest: tps });
    };
    let last = points.last()?.0;
    // With few steps beyond the knee the law rises above all that was served.
    let served = points.iter().map(|(_, tps)| *tps).fold(0.0, f64::max);
    let largest = usl::throughput(law, law.peak_users.unwrap_or(last).min(last)).min(served);
    let knee = little::knee(largest, median(&unhindered).unwrap_or(1.0 / law.lambda));
    Some(Curve { method: LAW, knee, tps: usl::throughput(law, knee).min(largest), largest })
}

/// How much throughput grew for the growth of the load, both as logarithms: 1 is linear, 0 not at all.
fn elasticity(from: &Rung<'_>, to: &Rung<'_>) -> Option<f64> {
    let is_growth = to.load > from.load && from.good > 0.0;
    is_growth.then(|| (to.good.max(f64::MIN_POSITIVE) / from.good).ln() / (to.load / from.load).ln())
}

fn symptom_of_users(before: &[Rung<'_>], broken: &Rung<'_>, risen: f64) -> Option<&'static str> {
    let usual = usual_errors(before);
    let more_errors = if usual < USUAL_ERRORS { broken.step.error_rate - usual } else { 0.0 };
    let floor = median(&before.iter().map(|rung| rung.step.avg).collect::<Vec<_>>())?;
    match () {
        () if more_errors > MANY_ERRORS => Some("errors"),
        () if broken.step.avg > floor * risen => Some("latency"),
        () if more_errors > MORE_ERRORS => Some("errors"),
        () => None,
    }
}

fn usual_errors(rungs: &[Rung<'_>]) -> f64 {
    rungs.iter().map(|rung| rung.step.error_rate).fold(1.0, f64::min)
}

/// How a rate is not kept up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lag {
    /// More fails than before.
    Errors,
    /// Iterations that are due do not start.
    Dropped,
    /// Less is served than is due.
    Short,
    /// All is served, but late: a queue that may still hold.
    Late,
}

impl Lag {
    fn symptom(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Dropped => "dropped",
            Self::Short | Self::Late => "latency",
        }
    }
}

fn of_rate(rungs: &[Rung<'_>]) -> Option<Found> {
    // How long an iteration takes while nothing waits.
    let length = rungs.iter().map(|rung| rung.usual.iteration).fold(f64::INFINITY, f64::min);
    let requests = requests_of_an_iteration(rungs, length);
    let served = served(rungs, length, requests);
    let lags: Vec<Option<Lag>> =
        (0..rungs.len()).map(|at| lag(&rungs[..at], &rungs[at], served[at])).collect();
    let first = lags.iter().rposition(Option::is_none).map_or(0, |kept| kept + 1);
    // A target that serves all of a load, if late, has not come to the most that it can serve, and neither has one that
    // serves more later.
    let is_most = |at: usize| match lags[at] {
        Some(Lag::Late) => false,
        Some(Lag::Short) => {
            let chance = BY_CHANCE * (served[at] / rungs[at].seconds().max(f64::MIN_POSITIVE)).sqrt();
            served[at..].iter().all(|later| *later <= served[at] * (1.0 + SAME_SERVED) + chance)
        }
        _ => true,
    };
    let at = (first..lags.len()).find(|at| is_most(*at)).unwrap_or(first);
    let (broken, lag) = (rungs.get(at)?, (*lags.get(at)?)?);
    let before = at.checked_sub(1);
    let held = before.map_or(0.0, |at| if lags[at].is_none() { rungs[at].load } else { served[at] });
    let held = held.min(broken.load);
    let load = served[at].clamp(held, broken.load);
    let point = BreakingPoint {
        step: broken.at,
        held: before.map(|at| rungs[at].at),
        load,
        tps: load * requests,
        is_users: false,
        method: "change-point".to_owned(),
        symptom: lag.symptom().to_owned(),
        usl: None,
    };
    let is_certain = match lag {
        Lag::Errors | Lag::Dropped => true,
        Lag::Short => is_no_chance(&rungs[first..], &served[first..]),
        Lag::Late => false,
    };
    Some(Found { point, is_certain })
}

/// Whether arrivals at random would hardly lack as much as is not served.
fn is_no_chance(rungs: &[Rung<'_>], served: &[f64]) -> bool {
    let lacking: f64 =
        rungs.iter().zip(served).map(|(rung, served)| rung.due() - served * rung.seconds()).sum();
    let due: f64 = rungs.iter().map(Rung::due).sum();
    lacking > DEVIATIONS * due.max(0.0).sqrt()
}

/// How many requests an iteration makes: the least of all steps, since what users do once adds to the others.
fn requests_of_an_iteration(rungs: &[Rung<'_>], length: f64) -> f64 {
    let told = rungs.iter().filter(|rung| rung.step.iteration_rate > 0.0 && !is_long(rung, length));
    let least = told.map(|rung| rung.step.tps / rung.step.iteration_rate).reduce(f64::min);
    // Where nothing tells log-ins apart, it makes as many as it makes at most.
    least.unwrap_or_else(|| rungs.iter().map(|rung| rung.step.tps / rung.load).fold(1.0, f64::max))
}

/// Whether iterations of that many seconds, or of which none ended, are long for a step.
fn is_long(rung: &Rung<'_>, length: f64) -> bool {
    rung.step.iteration_rate == 0.0 || length > rung.seconds() * LONG
}

/// Iterations a second that a target serves in each step, failures left out. Where they are long, those that end in a
/// step began a while before, when less was due.
fn served(rungs: &[Rung<'_>], length: f64, requests: f64) -> Vec<f64> {
    let served = |(at, rung): (usize, &Rung<'_>)| {
        let StepResult { tps, iteration_rate, .. } = *rung.step;
        let share = if tps > 0.0 { rung.good / tps } else { 0.0 };
        let before = at.checked_sub(1).map_or(0.0, |before| rungs[before].load);
        let early = (rung.load - before) * (length / rung.seconds().max(f64::MIN_POSITIVE)).min(1.0);
        share
            * match is_long(rung, length) {
                true if iteration_rate == 0.0 => tps / requests,
                true => iteration_rate + early,
                false => iteration_rate,
            }
    };
    rungs.iter().enumerate().map(served).collect()
}

fn lag(before: &[Rung<'_>], rung: &Rung<'_>, served: f64) -> Option<Lag> {
    let step = rung.step;
    let usual = usual_errors(before);
    let floor = median(&before.iter().map(|rung| rung.usual.p95).collect::<Vec<_>>());
    let is_slower =
        floor.is_some_and(|floor| rung.usual.p95 > floor * SLOWER && rung.usual.p95 > floor + SLOWER_BY);
    let exploded =
        floor.is_some_and(|floor| rung.usual.p95 > floor * EXPLODED && rung.usual.p95 > floor + EXPLODED_BY);
    let is_due = is_slower || is_no_chance(std::slice::from_ref(rung), &[served]);
    match () {
        () if usual < USUAL_ERRORS && step.error_rate > usual + MANY_ERRORS => Some(Lag::Errors),
        () if rung.due() > 0.0 && step.dropped as f64 > rung.due() * DROPPED => Some(Lag::Dropped),
        () if served < rung.load * KEPT_UP && is_due => Some(Lag::Short),
        () if exploded => Some(Lag::Late),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use flashcrowd_record::Record;
    use proptest::prelude::*;

    use super::*;
    use crate::simulator::{Load, Service, Simulation, Station, evidence, normal};
    use crate::steps::steps;

    /// Where these steps broke, each of which was like its usual second.
    fn breaking_point(steps: &[StepResult]) -> Option<BreakingPoint> {
        find(steps, &[]).map(|found| found.point)
    }

    /// What users get who think for `think` seconds, when `serve` is the largest throughput for that many.
    fn staircase(loads: &[f64], cycle: f64, think: f64, serve: impl Fn(f64) -> f64) -> Vec<StepResult> {
        let step = |(at, users): (usize, &f64)| {
            let tps = (users / cycle).min(serve(*users));
            let avg = (users / tps - think) * 1e3;
            StepResult {
                start: at as f64 * 10.0,
                end: at as f64 * 10.0 + 9.0,
                users: Some(*users as u64),
                vus: *users,
                tps,
                requests: (tps * 9.0) as u64,
                avg,
                p50: avg,
                p95: avg * 1.3,
                p99: avg * 1.5,
                ..StepResult::default()
            }
        };
        loads.iter().enumerate().map(step).collect()
    }

    fn noisy(mut steps: Vec<StepResult>, size: f64, seed: u64) -> Vec<StepResult> {
        let mut rng = Rng::with_seed(seed);
        for step in &mut steps {
            step.tps *= 1.0 + size * normal(&mut rng);
            step.avg *= 1.0 + size * normal(&mut rng);
            step.p95 *= 1.0 + size * normal(&mut rng);
        }
        steps
    }

    fn rates(steps: &[(f64, f64, f64, u64)]) -> Vec<StepResult> {
        let step = |(at, &(rate, tps, p95, dropped)): (usize, &(f64, f64, f64, u64))| StepResult {
            start: at as f64 * 10.0,
            end: at as f64 * 10.0 + 10.0,
            rate: Some(rate),
            tps,
            requests: (tps * 10.0) as u64,
            avg: p95 / 2.0,
            p95,
            dropped,
            ..StepResult::default()
        };
        steps.iter().enumerate().map(step).collect()
    }

    fn ladder(from: f64, by: f64, to: f64) -> Vec<f64> {
        let count = ((to - from) / by).floor() as usize;
        (0..=count).map(|at| from + by * at as f64).collect()
    }

    #[test]
    fn a_pool_of_twenty_at_fifty_milliseconds_breaks_at_twenty_users() {
        for loads in
            [ladder(5.0, 5.0, 60.0), ladder(2.0, 2.0, 40.0), ladder(10.0, 20.0, 90.0), vec![10.0, 1000.0]]
        {
            let found = breaking_point(&staircase(&loads, 0.05, 0.0, |_| 400.0)).unwrap();
            assert!(
                (found.load - 20.0).abs() < 2.0 && (found.tps - 400.0).abs() < 20.0,
                "{loads:?} {found:?}"
            );
            assert_eq!((found.symptom.as_str(), found.is_users), ("latency", true));
            assert!(loads[found.step] > 20.0 && loads[found.step - 1] <= 30.0, "{found:?}");
        }
    }

    #[test]
    fn a_run_that_stopped_soon_after_the_knee_is_not_credited_with_more_than_it_served() {
        let served = [
            (2.0, 38.6),
            (4.0, 77.0),
            (6.0, 115.2),
            (8.0, 153.5),
            (10.0, 190.6),
            (12.0, 195.4),
            (14.0, 196.1),
        ];
        let loads: Vec<f64> = served.iter().map(|(users, _)| *users).collect();
        let steps = staircase(&loads, 0.0518, 0.0, |users| {
            served.iter().find(|(load, _)| *load == users).map_or(0.0, |(_, tps)| *tps)
        });
        let found = breaking_point(&steps).unwrap();
        assert!((9.0..=11.0).contains(&found.load), "{found:?}");
    }

    #[test]
    fn a_queue_of_real_requests_breaks_where_littles_law_says() {
        for (service, think) in [
            (Service::Fixed(50.0), 0.0),
            (Service::LogNormal { median: 45.0, sigma: 0.45 }, 0.0),
            (Service::Fixed(50.0), 100.0),
        ] {
            let knee = 20.0 / 0.05 * (0.05 + think / 1e3);
            let loads: Vec<(f64, Load)> =
                (1..=10).map(|at| (8.0, Load::Users((knee * 0.2) as usize * at))).collect();
            let simulation = Simulation::of(&loads, think, Station { servers: 20, service });
            let record = simulation.run();
            let found = super::breaking_point(&evidence(&record), &steps(&evidence(&record))).unwrap();
            assert!((found.load / knee - 1.0).abs() < 0.1, "{service:?} {think}: {found:?}");
        }
    }

    /// A pool of twenty at 50 ms on a noisy machine, where one step gets less than it should.
    fn disturbed(by: f64, top: f64, noise: f64, dip: (usize, f64), seed: u64) -> Vec<StepResult> {
        let mut rng = Rng::with_seed(seed);
        let mut steps = staircase(&ladder(by, by, top), 0.05, 0.0, |_| 400.0);
        for (at, step) in steps.iter_mut().enumerate() {
            let left = if at == dip.0 { dip.1 } else { 1.0 };
            step.tps *= left * (1.0 + noise * normal(&mut rng));
            step.avg = step.vus / step.tps * 1e3;
            step.p95 = step.avg * 1.3;
        }
        steps
    }

    #[test]
    fn it_breaks_at_the_first_step_that_brings_nothing() {
        let steps = disturbed(4.0, 48.0, 0.0, (5, 0.98), 1);
        let found = breaking_point(&steps).unwrap();
        assert_eq!(steps[found.step].vus, 24.0, "{found:?}");
        assert!(found.usl.is_some_and(|law| law.r_squared >= FAIR_FIT));
        // A dip at the knee itself: what its users could have had is what the step after it is held against.
        let steps = disturbed(4.0, 48.0, 0.016_540_007, (4, 0.8), 8_031_288_748_276_676_863);
        assert!(breaking_point(&steps).is_some_and(|found| steps[found.step].vus <= 28.0), "{steps:?}");
        // A law that does not fit is not told.
        let poor =
            staircase(&ladder(10.0, 10.0, 90.0), 0.05, 0.0, |users| [130.0, 120.0][users as usize / 10 % 2]);
        assert_eq!(breaking_point(&poor).map(|found| found.usl), Some(None));
    }

    #[test]
    fn what_comes_down_again_is_no_step_up() {
        let loads = [10.0, 40.0, 80.0, 10.0];
        let found = breaking_point(&staircase(&loads, 0.05, 0.0, |_| 400.0)).unwrap();
        assert!((found.load - 20.0).abs() < 2.0 && found.step == 1, "{found:?}");
        let linear = staircase(&[10.0, 1000.0, 10.0], 0.05, 0.0, |_| f64::INFINITY);
        assert_eq!(breaking_point(&linear), None);
    }

    #[test]
    fn one_load_cannot_break() {
        assert_eq!(breaking_point(&[]), None);
        assert_eq!(breaking_point(&staircase(&[100.0], 0.05, 0.0, |_| 400.0)), None);
        assert_eq!(breaking_point(&staircase(&[100.0; 5], 0.05, 0.0, |_| 400.0)), None);
    }

    #[test]
    fn errors_that_come_fast_are_no_throughput() {
        let mut steps = staircase(&ladder(10.0, 10.0, 80.0), 0.05, 0.0, |_| f64::INFINITY);
        for step in &mut steps[4..] {
            // Beyond 40 users everything else is refused at once.
            step.error_rate = 1.0 - 800.0 / step.tps / 1.2;
        }
        let found = breaking_point(&steps).unwrap();
        assert_eq!((found.step, found.symptom.as_str()), (4, "errors"), "{found:?}");
    }

    fn judged(simulation: &Simulation) -> Option<BreakingPoint> {
        let record = simulation.run();
        super::breaking_point(&evidence(&record), &steps(&evidence(&record)))
    }

    fn rates_of(from: f64, by: f64, to: f64, seconds: f64) -> Vec<(f64, Load)> {
        ladder(from, by, to).into_iter().map(|rate| (seconds, Load::Rate(rate))).collect()
    }

    /// Where the search for the breaking point would have ended the run, and what the run is then judged to.
    fn searched(simulation: &Simulation) -> Option<BreakingPoint> {
        let whole = simulation.run();
        let mut was_past = false;
        for over in 1..=whole.run.phases.len() {
            let mut record: Record = whole.clone();
            record.run.phases.truncate(over);
            let end = record.run.phases[over - 1].end;
            record.timeline.retain(|line| line.load.is_some_and(|at| at <= end));
            let evidence = evidence(&record);
            let steps = steps(&evidence);
            let is_past = is_past_breaking_point(&evidence, &steps);
            if is_past && was_past {
                return super::breaking_point(&evidence, &steps);
            }
            was_past = is_past;
        }
        None
    }

    #[test]
    fn log_ins_are_no_part_of_a_rate() {
        let loads = rates_of(10.0, 10.0, 60.0, 4.0);
        for (seed, log_ins) in [(1, 60), (2, 100), (3, 300), (4, 5000)] {
            let free = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
            assert_eq!(judged(&Simulation::of(&loads, 0.0, free).seed(seed).log_ins(log_ins)), None);
            let limited = Station { servers: 1, service: Service::Fixed(25.0) };
            let found = judged(&Simulation::of(&loads, 0.0, limited).seed(seed).log_ins(log_ins)).unwrap();
            assert!((0.9..=1.06).contains(&(found.load / 40.0)), "{log_ins} {found:?}");
        }
    }

    #[test]
    fn long_iterations_are_counted_by_their_requests() {
        // Each takes six seconds of a step of ten: at the end of the first step few have ended.
        let mut steps = rates(&[(50.0, 50.0, 20.0, 0), (100.0, 100.0, 20.0, 0), (150.0, 150.0, 21.0, 0)]);
        for (step, ended) in steps.iter_mut().zip([20.0, 70.0, 120.0]) {
            step.iteration_rate = ended;
        }
        let usual = vec![Usual { p95: 20.0, iteration: 6.0 }; 3];
        assert_eq!(find(&steps, &usual), None);
    }

    #[test]
    fn one_pause_of_the_target_is_no_breaking_point() {
        let worker = Station { servers: 1, service: Service::Fixed(12.5) };
        for seed in 0..12 {
            let simulation = Simulation::of(&rates_of(30.0, 10.0, 110.0, 5.0), 0.0, worker);
            let simulation = simulation.seed(seed).pause(0.5 + 3.3 * seed as f64, 0.8);
            for found in [judged(&simulation), searched(&simulation)] {
                let found = found.unwrap();
                assert!((0.9..=1.06).contains(&(found.load / 80.0)), "{seed} {found:?}");
            }
        }
        // Where nothing breaks, no pause breaks it.
        let free = Station { servers: usize::MAX, service: Service::Fixed(12.5) };
        for seed in 0..12 {
            let simulation = Simulation::of(&rates_of(30.0, 10.0, 110.0, 5.0), 0.0, free);
            let simulation = simulation.seed(seed).pause(0.5 + 3.3 * seed as f64, 0.8);
            assert_eq!((judged(&simulation), searched(&simulation)), (None, None), "{seed}");
        }
    }

    #[test]
    fn arrivals_at_random_break_servers_of_known_capacity_where_they_should() {
        let wide = Service::LogNormal { median: 8.0, sigma: 0.9 };
        let spread = Service::LogNormal { median: 50.0, sigma: 0.5 };
        for (servers, service, mean) in [
            (1, Service::Fixed(20.0), 20.0),
            (20, Service::Fixed(50.0), 50.0),
            (5, spread, 56.66),
            (1, wide, 11.99),
        ] {
            let capacity = servers as f64 * 1e3 / mean;
            let loads = rates_of(0.2 * capacity, 0.2 * capacity, 1.8 * capacity, 8.0);
            let ratios = |find: fn(&Simulation) -> Option<BreakingPoint>| -> Vec<f64> {
                let runs =
                    (0..6).map(|seed| Simulation::of(&loads, 0.0, Station { servers, service }).seed(seed));
                runs.map(|run| find(&run).map_or(0.0, |found| found.load / capacity)).collect()
            };
            for ratios in [ratios(judged), ratios(searched)] {
                let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
                assert!((0.96..=1.05).contains(&mean), "{servers} {service:?}: {ratios:?}");
                assert!(ratios.iter().all(|ratio| (0.8..=1.2).contains(ratio)), "{servers}: {ratios:?}");
            }
        }
    }

    #[test]
    fn a_rate_breaks_where_it_is_not_kept_up_with() {
        let steps = rates(&[
            (100.0, 100.0, 20.0, 0),
            (200.0, 199.0, 22.0, 0),
            (300.0, 240.0, 900.0, 500),
            (400.0, 230.0, 900.0, 1500),
        ]);
        let found = breaking_point(&steps).unwrap();
        assert_eq!((found.step, found.load, found.is_users), (2, 240.0, false));
        assert_eq!((found.tps, found.symptom.as_str()), (240.0, "dropped"));
        assert_eq!(breaking_point(&steps[..2]), None);
        // Three requests an iteration.
        let thrice = rates(&[(100.0, 300.0, 20.0, 0), (200.0, 600.0, 22.0, 0), (300.0, 690.0, 900.0, 0)]);
        let found = breaking_point(&thrice).unwrap();
        assert_eq!((found.step, found.load, found.symptom.as_str()), (2, 230.0, "latency"));
        // One bad moment is not where it breaks.
        let stumble = rates(&[(100.0, 100.0, 20.0, 0), (200.0, 150.0, 800.0, 0), (300.0, 299.0, 21.0, 0)]);
        assert_eq!(breaking_point(&stumble), None);
    }

    proptest! {
        #[test]
        fn the_knee_of_any_pool_is_found(
            servers in 3.0..300.0_f64, service in 0.002..0.5_f64, think in prop_oneof![Just(0.0), 0.0..1.0_f64],
            steps in 12..30_usize, beyond in 1.5..3.0_f64, noise in 0.0..0.03_f64, seed in 0..u64::MAX,
        ) {
            let cycle = service + think;
            let knee = servers / service * cycle;
            let loads: Vec<f64> = (1..=steps).map(|at| knee * beyond * at as f64 / steps as f64).collect();
            let exact = staircase(&loads, cycle, think, |_| servers / service);
            let found = breaking_point(&noisy(exact, noise, seed));
            prop_assert!(found.as_ref().is_some_and(|found| (found.load / knee - 1.0).abs() < 0.1), "{knee} {found:?}");
        }

        #[test]
        fn one_disturbed_step_does_not_move_it(
            by in prop_oneof![Just(4.0), Just(5.0)], count in 10..15_usize, noise in 0.0..0.02_f64,
            at in 0..15_usize, dip in 0.8..1.0_f64, seed in 0..u64::MAX,
        ) {
            let steps = disturbed(by, by * count as f64, noise, (at, dip), seed);
            let found = breaking_point(&steps);
            prop_assert!(found.as_ref().is_some_and(|found| (18.0..=22.0).contains(&found.load)), "{found:?}");
            let broken = steps[found.unwrap().step].vus;
            prop_assert!((20.0..=30.0).contains(&broken), "{broken}");
        }

        #[test]
        fn what_scales_to_its_last_step_does_not_break(
            cycle in 0.002..1.0_f64, thinking in 0.0..1.0_f64, top in 20.0..5000.0_f64, steps in 2..25_usize,
            noise in 0.0..0.05_f64, seed in 0..u64::MAX,
        ) {
            let loads: Vec<f64> = (1..=steps).map(|at| top * at as f64 / steps as f64).collect();
            let exact = staircase(&loads, cycle, cycle * thinking, |_| f64::INFINITY);
            prop_assert_eq!(breaking_point(&noisy(exact, noise, seed)), None);
        }

        #[test]
        fn a_system_of_gunthers_law_breaks_between_knee_and_peak(
            lambda in 1.0..200.0_f64, sigma in 0.005..0.1_f64, kappa in 1e-5..1e-3_f64,
            noise in 0.0..0.02_f64, seed in 0..u64::MAX,
        ) {
            let law = UslFit { lambda, sigma, kappa, ..UslFit::default() };
            let peak = ((1.0 - sigma) / kappa).sqrt();
            let knee = usl::throughput(&law, peak) / lambda;
            let loads: Vec<f64> = (1..=20).map(|at| peak * 1.5 * f64::from(at) / 20.0).collect();
            let exact = staircase(&loads, 1.0 / lambda, 0.0, |users| usl::throughput(&law, users));
            let found = breaking_point(&noisy(exact, noise, seed));
            prop_assert!(found.as_ref().is_some_and(|found| found.load > knee * 0.6 && found.load < peak), "{knee} {peak} {found:?}");
            let found = found.unwrap();
            let fit = found.usl.unwrap();
            let most = usl::throughput(&law, peak);
            prop_assert!(fit.r_squared >= FAIR_FIT && (fit.peak_tps / most - 1.0).abs() < 0.1, "{most} {fit:?}");
        }
    }
}
