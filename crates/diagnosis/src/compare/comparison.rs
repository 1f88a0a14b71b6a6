//! A comparison puts two records side by side, and says which differences are more than noise.

use flashcrowd_record::Record;
use serde::Serialize;

use super::capacity::of_dynamodb;
use super::chance::{Family, judge, unlikely};
use super::number::{Number, of_metrics, of_requests, of_step, of_target};
use super::side::{Side, common_steps};

/// Two records side by side.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The name of the first test.
    pub before: String,
    /// The name of the second test.
    pub after: String,
    /// Every metric that both have.
    pub changes: Vec<Change>,
    /// Every step that both have.
    pub steps: Vec<StepChange>,
    /// Whether anything became worse by more than noise.
    pub regression: bool,
    /// Whether the runs are too short to tell: of the metrics that summarize a run, one differs by more than 5% and
    /// nobody can say whether that is noise, or none could be judged at all. Without a regression, this is not an all-clear.
    pub too_short: bool,
}

/// One number of both records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Change {
    /// What it is: `http_req_duration p(95)`.
    pub name: String,
    /// `ms`, `/s`, `%`, `B`, `B/s`, `cores`, or nothing.
    pub unit: String,
    /// In the first record.
    pub before: Option<f64>,
    /// In the second record.
    pub after: Option<f64>,
    /// The difference relative to the first, 0.1 for 10% more; none where the first is zero or missing.
    pub relative: Option<f64>,
    /// How likely such a difference is by chance alone; none where there are too few intervals to tell.
    pub p_value: Option<f64>,
    /// Whether it is more than noise.
    pub significant: bool,
    /// Whether it is significant and for the worse.
    pub worse: bool,
    /// Whether it is significant and for the better.
    pub better: bool,
}

/// The numbers of one step of both records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct StepChange {
    /// What the step was configured to be: `VU 50`, `200/s`.
    pub name: String,
    /// Its numbers: tps, p95, p99, error rate.
    pub changes: Vec<Change>,
}

/// Puts two records side by side.
///
/// A difference is significant when the values of single seconds say so (the test of Mann and Whitney on means of
/// blocks of seconds, p < 0.01 after Holm's correction for the number of comparisons) and it is larger than 5%. In runs
/// too short for that only what is worlds apart is significant.
pub fn compare(before: &Record, after: &Record) -> Comparison {
    let sides = [Side::of(before), Side::of(after)];
    let mut numbers = of_metrics(&sides);
    numbers.extend(of_dynamodb(&sides));
    numbers.extend(of_requests(&sides));
    numbers.extend(of_target(&sides));
    let whole = numbers.len();
    let steps = common_steps(&sides);
    let mut lengths = Vec::new();
    for step in &steps {
        let of_step = of_step(&sides, step);
        lengths.push(of_step.len());
        numbers.extend(of_step);
    }
    let mut changes = judged(&numbers);
    let too_short = is_too_short(&numbers, &changes);
    let mut of_steps = changes.split_off(whole).into_iter();
    let steps = steps.into_iter().zip(lengths).map(|(step, length)| StepChange {
        name: step.name,
        changes: of_steps.by_ref().take(length).collect(),
    });
    let steps: Vec<StepChange> = steps.collect();
    let regression =
        changes.iter().chain(steps.iter().flat_map(|step| &step.changes)).any(|change| change.worse);
    let name = |record: &Record| record.run.test.name.clone();
    Comparison { before: name(before), after: name(after), changes, steps, regression, too_short }
}

/// Whether the numbers that say how a run went leave it open.
fn is_too_short(numbers: &[Number], changes: &[Change]) -> bool {
    let both = numbers.iter().zip(changes).filter(|(number, change)| {
        number.family == Family::Headline && change.before.is_some() && change.after.is_some()
    });
    let is_open = |change: &Change| change.p_value.is_none();
    let mut all = both.clone().map(|(_, change)| is_open(change)).peekable();
    let is_all_open = all.peek().is_some() && all.all(|is_open| is_open);
    is_all_open || both.into_iter().any(|(number, change)| number.matters() && is_open(change))
}

/// Says of all numbers at once which differ by more than noise.
fn judged(numbers: &[Number]) -> Vec<Change> {
    let tests: Vec<_> = numbers.iter().map(|number| judge(&number.values)).collect();
    let in_families: Vec<_> =
        numbers.iter().zip(&tests).map(|(number, test)| (number.family, *test)).collect();
    let unlikely = unlikely(&in_families);
    numbers
        .iter()
        .zip(tests)
        .zip(unlikely)
        .map(|((number, test), unlikely)| {
            let rises = test.is_some_and(|test| test.rises);
            let significant = unlikely && number.matters() && number.rises() == rises;
            let is_bad = number.is_bad(rises);
            Change {
                name: number.name.clone(),
                unit: number.unit.to_owned(),
                before: number.before,
                after: number.after,
                relative: number.relative(),
                p_value: test.map(|test| test.p_value),
                significant,
                worse: significant && is_bad == Some(true),
                better: significant && is_bad == Some(false),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    const SERVICE: Service = Service::LogNormal { median: 30.0, sigma: 0.5 };

    fn steady(seed: u64) -> Simulation {
        let station = Station { servers: usize::MAX, service: SERVICE };
        Simulation::of(&[(40.0, Load::Users(12))], 60.0, station).seed(seed)
    }

    fn change<'a>(comparison: &'a Comparison, name: &str) -> &'a Change {
        comparison.changes.iter().find(|change| change.name == name).unwrap()
    }

    #[test]
    fn a_rerun_is_no_regression() {
        let runs = 200;
        let mut alarms = Vec::new();
        for seed in 0..runs {
            // Latency that swings slowly, so that neighbouring seconds are alike.
            let run = |seed: u64| {
                let tide = seed as f64 * 1.7;
                let swings = move |at: f64, answer: Answer, _: &mut fastrand::Rng| {
                    let slower = 1.0 + 0.1 * (at / 3.0 + tide).sin();
                    Answer { ms: answer.ms * slower, ..answer }
                };
                let simulation = if seed % 4 < 2 { steady(seed) } else { steady(seed).fate(swings) };
                simulation.run()
            };
            let comparison = compare(&run(4 * seed + seed % 3), &run(4 * seed + seed % 3 + 1000));
            if comparison.regression {
                alarms.push(comparison.changes.into_iter().find(|change| change.worse));
            }
        }
        assert!(alarms.len() * 20 < runs as usize, "{alarms:#?}");
    }

    #[test]
    fn a_fifth_more_latency_is_found() {
        for seed in 0..20 {
            let slower = steady(seed + 100).fate(|_, answer, _| Answer { ms: answer.ms * 1.2, ..answer });
            let (before, after) = (steady(seed).run(), slower.run());
            let comparison = compare(&before, &after);
            let median = change(&comparison, "http_req_duration med");
            assert!(comparison.regression && median.worse && median.relative.unwrap() > 0.1, "{median:?}");
            let back = compare(&after, &before);
            assert!(change(&back, "http_req_duration med").better && !back.regression);
        }
    }

    #[test]
    fn steps_of_the_same_load_are_compared() {
        let station = Station { servers: usize::MAX, service: SERVICE };
        let steps =
            |loads: &[usize]| loads.iter().map(|users| (20.0, Load::Users(*users))).collect::<Vec<_>>();
        let before = Simulation::of(&steps(&[5, 20, 60]), 60.0, station).seed(1).run();
        // From 60 users on it is slow, and a fifth of the requests fail.
        let after = Simulation::of(&steps(&[5, 60, 90]), 60.0, station)
            .seed(2)
            .fate(|at, answer, rng| match at {
                at if at > 20.0 => {
                    Answer { status: if rng.f64() < 0.2 { 500 } else { 200 }, ms: answer.ms * 2.0, ..answer }
                }
                _ => answer,
            })
            .run();
        let comparison = compare(&before, &after);
        let names: Vec<&str> = comparison.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["VU 5", "VU 60"]);
        let is_worse = |step: &StepChange| {
            step.changes.iter().map(|change| (change.name.clone(), change.worse)).collect::<Vec<_>>()
        };
        assert!(is_worse(&comparison.steps[0]).iter().all(|(_, worse)| !worse));
        assert!(is_worse(&comparison.steps[1]).iter().all(|(_, worse)| *worse), "{comparison:#?}");
        assert!(change(&comparison, "POST /purchase/1 error rate").worse);
    }

    fn lasting(seconds: f64, seed: u64) -> Simulation {
        Simulation { steps: vec![(seconds, Load::Users(12))], ..steady(seed) }
    }

    /// A run of this many seconds whose latency swings slowly, times a factor.
    fn swinging(seconds: f64, seed: u64, factor: f64) -> Record {
        let tide = seed as f64 * 1.7;
        let swings = move |at: f64, answer: Answer, _: &mut fastrand::Rng| {
            let slower = factor * (1.0 + 0.1 * (at / 3.0 + tide).sin());
            Answer { ms: answer.ms * slower, ..answer }
        };
        lasting(seconds, seed).fate(swings).run()
    }

    #[test]
    fn short_runs_that_are_worlds_apart_are_told_apart() {
        for seconds in [6.0, 8.0, 10.0, 14.0] {
            for seed in 0..10 {
                let (before, after) = (swinging(seconds, seed, 1.0), swinging(seconds, seed + 500, 3.0));
                let comparison = compare(&before, &after);
                let median = change(&comparison, "http_req_duration med");
                assert!(comparison.regression && median.worse, "{seconds} {seed}: {comparison:#?}");
                let back = compare(&after, &before);
                assert!(change(&back, "http_req_duration med").better && !back.regression);
            }
        }
    }

    #[test]
    fn short_reruns_are_no_regression() {
        for seconds in [6.0, 12.0] {
            let alarms = (0..200)
                .filter(|seed| {
                    let (before, after) = (swinging(seconds, *seed, 1.0), swinging(seconds, seed + 500, 1.0));
                    compare(&before, &after).regression
                })
                .count();
            assert!(alarms * 20 < 200, "{seconds}: {alarms}");
        }
    }

    #[test]
    fn too_few_seconds_say_that_they_are_too_few() {
        let slower = lasting(4.0, 2).fate(|_, answer, _| Answer { ms: answer.ms * 3.0, ..answer });
        for other in [slower, lasting(4.0, 2)] {
            let comparison = compare(&lasting(4.0, 1).run(), &other.run());
            assert!(comparison.too_short && !comparison.regression);
            assert!(comparison.changes.iter().all(|change| change.p_value.is_none() && !change.significant));
        }
        assert!(!compare(&steady(1).run(), &steady(2).run()).too_short);
        assert!(
            !compare(
                &Simulation::of(&[], 1.0, Station { servers: 1, service: SERVICE }).run(),
                &steady(2).run()
            )
            .too_short
        );
    }
}
