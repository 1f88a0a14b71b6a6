//! The interval holds the truth as often as it says, against models of servers whose truth is known.

use crate::server::{Model, Server, Spread, search};

/// The limit of response times, in seconds.
const LIMIT: f64 = 0.5;

/// Searches of each model; `SEEDS=1000` makes as many as the documentation tells of.
const SEEDS: u64 = 40;

/// One worker that takes 20 ms, and even arrivals.
const ONE: Model = Model {
    arrivals: Spread::Fixed,
    service: Spread::Fixed,
    time: 0.02,
    workers: 1,
    share: 1.0,
    errors: 0.0,
    most: 0,
    noise: 0.0,
};

/// Twenty workers that take 50 ms each.
const POOL: Model = Model { time: 0.05, workers: 20, ..ONE };

/// A model with the largest load at which p99 < 500 ms holds, or an error rate below 1 %.
struct Case {
    name: &'static str,
    model: Model,
    truth: f64,
    /// How wide the interval is in half of the searches, at most.
    width: f64,
}

/// Truths are those of theory where there is a formula (M/M/1: C - ln 100 / limit, M/M/20: Erlang's C, and with room for
/// 40 in all the chance to find it full); the test `truths` compares all of them with long simulations.
fn cases() -> Vec<Case> {
    let (random, both) = (Spread::Exponential, (Spread::Exponential, Spread::Exponential));
    let case = |name, model, truth, width| Case { name, model, truth, width };
    vec![
        case("D/D/1", ONE, 50.0, 0.1),
        case("D/D/1, 5 % of seconds disturbed", Model { noise: 0.05, ..ONE }, 49.75, 0.12),
        case("D/D/20", POOL, 400.0, 0.1),
        case("D/D/4", Model { time: 0.04, workers: 4, ..ONE }, 100.0, 0.1),
        case("D/M/20", Model { service: random, ..POOL }, 395.0, 0.12),
        case("M/D/1", Model { arrivals: random, ..ONE }, 45.4, 0.45),
        case("M/D/20", Model { arrivals: random, ..POOL }, 395.0, 0.12),
        case("M/M/1", Model { arrivals: both.0, service: both.1, ..ONE }, 50.0 - 100_f64.ln() / LIMIT, 0.6),
        case("M/M/20", Model { arrivals: both.0, service: both.1, ..POOL }, 389.6, 0.13),
        case(
            "M/M/20 with room for 40",
            Model { arrivals: both.0, service: both.1, most: 40, ..POOL },
            366.7,
            0.9,
        ),
    ]
}

/// How often the truth was inside, in a thousand, and the median of the widths.
fn coverage(case: &Case, seeds: u64) -> (u64, f64) {
    let mut widths = Vec::new();
    let mut inside = 0;
    for seed in 0..seeds {
        let (search, _) = search(case.model, LIMIT, seed, &[0.01, 0.01], (5.0, 5000.0));
        let load = search.estimate().load;
        inside += u64::from(load.lower <= case.truth && case.truth <= load.upper);
        widths.push(load.width());
    }
    widths.sort_by(f64::total_cmp);
    (inside * 1000 / seeds, widths[widths.len() / 2])
}

#[test]
fn the_truth_is_inside_of_the_interval() {
    let seeds = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(SEEDS);
    let cases = cases();
    let found: Vec<(u64, f64)> = std::thread::scope(|scope| {
        let threads: Vec<_> = cases.iter().map(|case| scope.spawn(move || coverage(case, seeds))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let table: Vec<String> = cases
        .iter()
        .zip(&found)
        .map(|(case, (inside, width))| format!("{}: {inside} of 1000, width {width:.3}", case.name))
        .collect();
    println!("{}", table.join("\n"));
    let all = found.iter().map(|(inside, _)| inside).sum::<u64>() / found.len() as u64;
    assert!(all >= 950, "{table:#?}");
    for (case, (inside, width)) in cases.iter().zip(&found) {
        assert!(*inside >= 875 && *width <= case.width, "{}: {table:#?}", case.name);
    }
}

/// A server that always takes the same time is known so well that its capacity lies between two points of a coarse grid.
#[test]
fn a_sharp_answer_is_found_wherever_it_lies() {
    let model = Model { time: 0.04, workers: 4, ..ONE };
    let mut found = Vec::new();
    for step in 0..24 {
        let highest = 1000.0 * 1.07_f64.powi(step);
        let (search, _) = search(model, LIMIT, u64::from(step as u32), &[0.01], (5.0, highest));
        let load = search.estimate().load;
        found.push((highest.round(), load.lower, load.upper));
    }
    let wrong =
        |(_, lower, upper): &&(f64, f64, f64)| *lower > 100.0 || *upper < 100.0 || upper / lower > 1.1;
    let wrong: Vec<_> = found.iter().filter(wrong).collect();
    assert!(wrong.len() <= 1, "{wrong:?}");
}

/// The share of bad ones at a load in the long run.
fn share(model: Model, load: f64, seconds: usize) -> f64 {
    let mut server = Server::new(model, 7);
    let promise = usize::from(model.most > 0);
    let (mut all, mut bad) = (0.0, 0.0);
    for _ in 0..seconds {
        let tally = server.second(load, LIMIT).tallies[promise];
        (all, bad) = (all + tally.all, bad + tally.bad);
    }
    bad / all
}

#[test]
#[ignore = "takes minutes: it says where the truths come from"]
fn truths() {
    for case in cases() {
        let capacity = case.model.workers as f64 / case.model.time;
        let (mut low, mut high) = (capacity * 0.5, capacity * 1.2);
        while high / low > 1.001 {
            let middle = f64::midpoint(low, high);
            if share(case.model, middle, 100_000) < 0.01 { low = middle } else { high = middle }
        }
        println!("{}: {low:.1} to {high:.1}, taken as {:.1}", case.name, case.truth);
    }
}
