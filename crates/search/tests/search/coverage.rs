//! The interval holds the truth as often as it says.

use crate::server::{Model, Spread, search};

#[test]
fn explore() {
    let md1 = Model { arrivals: Spread::Exponential, service: Spread::Fixed, time: 0.02, workers: 1, share: 1.0, errors: 0.0, most: 0, noise: 0.0 };
    let dd1 = Model { arrivals: Spread::Fixed, ..md1 };
    let pool = Model { time: 0.05, workers: 20, ..dd1 };
    let cases = [
        ("D/D/1", dd1, 50.0),
        ("D/D/20", pool, 400.0),
        ("D/D/1 noisy", Model { noise: 0.05, ..dd1 }, 49.75),
        ("mix 30%", Model { share: 0.3, ..dd1 }, 158.0),
        ("D/M/20", Model { service: Spread::Exponential, ..pool }, 395.0),
        ("M/D/1", md1, 45.4),
        ("M/D/20", Model { arrivals: Spread::Exponential, ..pool }, 395.0),
        ("M/M/1", Model { service: Spread::Exponential, ..md1 }, 50.0 - 100f64.ln() / 0.5),
        ("M/M/20", Model { service: Spread::Exponential, arrivals: Spread::Exponential, ..pool }, 390.8),
    ];
    let seeds: u64 = std::env::var("SEEDS").map_or(40, |text| text.parse().unwrap());
    for (name, model, truth) in cases {
        let (mut inside, mut above, mut below, mut widths, mut times, mut trials) = (0, 0, 0, Vec::new(), 0.0, 0);
        let (mut mids, mut cap) = (0.0, 0);
        let busy = 1.0 / model.share * model.workers as f64 / model.time * (1.0 - model.noise * 0.1);
        for seed in 0..seeds {
            let (search, time) = search(model, 0.5, seed, &[0.01], (5.0, 5000.0));
            let load = search.estimate().load;
            if load.lower > truth { above += 1 } else if load.upper < truth { below += 1 } else { inside += 1 }
            if seed < 2 && std::env::var("SHOW").is_ok_and(|only| only == name) {
                for trial in search.trials() {
                    let tally = trial.tally(0);
                    eprintln!("  {:.1} {}s settle {} served {:.1} bad {}/{} held {}", trial.load, trial.seconds.len(), trial.settle, trial.served(), tally.bad, tally.all, search.held(trial));
                }
                eprintln!("  {load:?} {:?}", search.estimate());
            }
            let c = search.estimate().each[0];
            if c.lower <= busy && busy <= c.upper { cap += 1 }
            widths.push(load.width());
            times += time;
            trials += search.trials().len();
            mids += load.value;
        }
        widths.sort_by(f64::total_cmp);
        let n = seeds as f64;
        eprintln!("{name:12} inside {:.3} above {above} below {below} width p50 {:.3} p90 {:.3} time {:.1} trials {:.1} mean {:.1} truth {truth:.1} C {:.3}",
            inside as f64 / n, widths[widths.len() / 2], widths[widths.len() * 9 / 10], times / n, trials as f64 / n, mids / n, cap as f64 / n);
    }
}
