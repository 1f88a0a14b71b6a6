//! Comparisons of simulated runs: of the same target, of one that became slower, of other loads.

use std::f64::consts::TAU;

use fastrand::Rng;
use flashcrowd_record::Record;

use super::*;
use crate::simulator::{Answer as Response, Load, Service, Simulation, Station, normal};

const SERVICE: Service = Service::LogNormal { median: 30.0, sigma: 0.5 };

/// Kinds of targets that are steady, each in its way.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Target {
    Fixed,
    Queue,
    Swings,
    Drift,
    Cron,
    OneSlow,
}

const TARGETS: [Target; 6] =
    [Target::Fixed, Target::Queue, Target::Swings, Target::Drift, Target::Cron, Target::OneSlow];

/// A run of a target that is slower or faster as a whole by chance, with that standard deviation.
fn run(target: Target, seconds: f64, seed: u64, between: f64, slower: f64) -> Record {
    let mut rng = Rng::with_seed(seed ^ 0x5eed);
    let factor = slower * (between * normal(&mut rng)).exp();
    let free = |service| Station { servers: usize::MAX, service };
    let users = [(seconds, Load::Users(12))];
    let simulation = match target {
        Target::Fixed => Simulation::of(&users, 60.0, free(Service::Fixed(30.0))),
        Target::Queue => Simulation::of(
            &[(seconds, Load::Rate(140.0))],
            60.0,
            Station { servers: 4, service: Service::Exponential(20.0 * factor) },
        ),
        Target::OneSlow => {
            Simulation::of(&users, 60.0, free(Service::Fixed(200.0))).with_reads(9.0, Service::Fixed(20.0))
        }
        Target::Swings | Target::Drift | Target::Cron => Simulation::of(&users, 60.0, free(SERVICE)),
    };
    let (phase, period) = (TAU * rng.f64(), 5.0 + 25.0 * rng.f64());
    let drift = drift(&mut rng, seconds as usize + 1, 0.15, 8.0);
    let moved = move |at: f64, response: Response, _: &mut Rng| {
        let moved = match target {
            Target::Swings => 1.0 + 0.3 * (TAU * at / period + phase).sin(),
            Target::Drift => drift[(at as usize).min(drift.len() - 1)].exp(),
            Target::Cron if (at + phase) % 10.0 < 0.5 => 3.0,
            _ => 1.0,
        };
        // A queue has its factor in the service already.
        let whole = if target == Target::Queue { 1.0 } else { factor };
        Response { ms: response.ms * moved * whole, ..response }
    };
    simulation.seed(seed).fate(moved).run()
}

/// A walk that returns to its mean: its standard deviation, and after how many seconds it has forgotten where it was.
fn drift(rng: &mut Rng, length: usize, deviation: f64, memory: f64) -> Vec<f64> {
    let keeps = (-1.0 / memory).exp();
    let mut at = deviation * normal(rng);
    let step = |_| {
        at = keeps * at + deviation * (1.0 - keeps * keeps).sqrt() * normal(rng);
        at
    };
    (0..length).map(step).collect()
}

fn change<'a>(comparison: &'a Comparison, name: &str) -> &'a Change {
    comparison.changes.iter().find(|change| change.name == name).unwrap()
}

/// What was called worse.
fn alarms(comparison: &Comparison) -> Vec<String> {
    let figures = comparison.figures().filter(|(_, change)| change.answer == Answer::Worse);
    let outcomes = comparison.outcomes.iter().filter(|outcome| outcome.answer == Answer::Worse);
    figures
        .map(|(step, change)| format!("{} {}: {:?}", step.unwrap_or_default(), change.name, change.interval))
        .chain(outcomes.map(|outcome| format!("{outcome:?}")))
        .collect()
}

#[test]
#[ignore]
fn table() {
    for seconds in [20.0, 60.0] {
        for between in [0.0] {
            for target in TARGETS {
                let pairs = 40;
                let (mut wrong, mut untold, mut found) = (0, 0, 0);
                let mut names = std::collections::BTreeMap::<String, usize>::new();
                for seed in 0..pairs {
                    let before = run(target, seconds, seed, between, 1.0);
                    let same = compare(&before, &run(target, seconds, seed + 10_000, between, 1.0));
                    wrong += usize::from(same.conclusion == Conclusion::Regression);
                    untold += usize::from(same.conclusion == Conclusion::NotJudged);
                    for alarm in alarms(&same) {
                        *names.entry(alarm.split(':').next().unwrap().to_owned()).or_default() += 1;
                    }
                    let slower = compare(&before, &run(target, seconds, seed + 10_000, between, 1.1));
                    found += usize::from(slower.conclusion == Conclusion::Regression);
                }
                let one = compare(
                    &run(target, seconds, 3, between, 1.0),
                    &run(target, seconds, 40_003, between, 1.0),
                );
                for name in ["http_reqs", "http_req_duration med", "http_req_duration p(95)"] {
                    let c = change(&one, name);
                    println!(
                        "    {name} {:?} {:?} {:?}",
                        c.relative,
                        c.interval.map(|i| (i.low, i.high)),
                        c.answer
                    );
                }
                println!(
                    "{seconds} {between} {target:?}: wrong {wrong} untold {untold} found {found} of {pairs} {names:?}"
                );
            }
        }
    }
}
