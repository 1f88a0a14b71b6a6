//! Random arrivals are a Poisson process, whatever a test is divided into, and bursts are a compound one.

use std::cell::Cell;
use std::sync::Mutex;
use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, Arrivals, ConstantArrivalRate, RampingArrivalRate};
use flashcrowd_engine::{Share, Stage, parse_scenarios};
use flashcrowd_metrics::{Builtin, Stat};
use proptest::prelude::*;
use serde_json::json;

use crate::fake::{Fake, Server, go, test};
use crate::segments::{machines, sorted, stages};

const SECOND: Duration = Duration::from_secs(1);
const USERS: Allowance = Allowance { pre_allocated_vus: 1, max_vus: 1 };

fn constant(rate: u64, seconds: u64, arrivals: Arrivals) -> ConstantArrivalRate {
    let duration = Duration::from_secs(seconds);
    ConstantArrivalRate { rate, time_unit: SECOND, duration, arrivals, allowance: USERS }
}

/// When iterations are due, in seconds.
fn dues(executor: &ConstantArrivalRate, seed: u64) -> Vec<f64> {
    executor.dues(&Share::whole(), seed).map(|due| due.as_secs_f64()).collect()
}

fn gaps(dues: &[f64]) -> Vec<f64> {
    std::iter::once(0.0)
        .chain(dues.iter().copied())
        .collect::<Vec<_>>()
        .windows(2)
        .map(|w| w[1] - w[0])
        .collect()
}

/// How many arrivals there are in each of `windows` parts of the time.
fn counts(dues: &[f64], seconds: f64, windows: usize) -> Vec<f64> {
    let mut counts = vec![0.0; windows];
    dues.iter().for_each(|due| counts[((due / seconds * windows as f64) as usize).min(windows - 1)] += 1.0);
    counts
}

/// The Kolmogorov-Smirnov statistic of values against an exponential distribution, times the root of their number:
/// above 1.358 with a probability of 5%, and above 1.628 with one of 1%.
fn kolmogorov(values: &[f64], mean: f64) -> f64 {
    let mut values = values.to_vec();
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = values.iter().enumerate().map(|(at, value)| {
        let expected = 1.0 - (-value / mean).exp();
        (expected - at as f64 / n).max((at + 1) as f64 / n - expected)
    });
    distance.fold(0.0, f64::max) * n.sqrt()
}

/// Fisher's index of dispersion as a standard normal value: how far the variance of counts is from their mean.
fn dispersion(counts: &[f64], mean: f64) -> f64 {
    let chi_square: f64 = counts.iter().map(|count| (count - mean).powi(2) / mean).sum();
    (2.0 * chi_square).sqrt() - (2.0 * counts.len() as f64 - 1.0).sqrt()
}

fn correlation(one: &[f64], other: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (a, b) = (mean(one), mean(other));
    let product: f64 = one.iter().zip(other).map(|(x, y)| (x - a) * (y - b)).sum();
    let square = |values: &[f64], mean: f64| values.iter().map(|x| (x - mean).powi(2)).sum::<f64>();
    product / (square(one, a) * square(other, b)).sqrt()
}

/// Of 200 seeds, how many a test rejects at a level of 5%: 10 are expected, and more than 22 or fewer than 2 come with
/// a probability below 0.1%.
fn check_rejections(what: &str, rejects: impl Fn(u64) -> bool) {
    let rejected = (0..200).filter(|seed| rejects(*seed)).count();
    assert!((2..=22).contains(&rejected), "{what}: {rejected} of 200");
}

#[test]
fn gaps_are_exponential_and_independent() {
    for (rate, seconds) in [(10, 200), (500, 4), (5_000, 1)] {
        let executor = constant(rate, seconds, Arrivals::Poisson);
        let gaps_of = |seed| gaps(&dues(&executor, seed));
        check_rejections(&format!("gaps at {rate}/s"), |seed| {
            kolmogorov(&gaps_of(seed), 1.0 / rate as f64) > 1.358
        });
        check_rejections(&format!("neighbouring gaps at {rate}/s"), |seed| {
            let gaps = gaps_of(seed);
            let correlation = correlation(&gaps[1..], &gaps[..gaps.len() - 1]);
            correlation.abs() * (gaps.len() as f64).sqrt() > 1.96
        });
    }
}

#[test]
fn counts_are_those_of_a_poisson_process() {
    for (rate, seconds) in [(10, 200), (500, 4), (5_000, 1)] {
        let executor = constant(rate, seconds, Arrivals::Poisson);
        let windows = 100;
        let mean = (rate * seconds) as f64 / windows as f64;
        let counts_of = |seed| counts(&dues(&executor, seed), seconds as f64, windows);
        check_rejections(&format!("windows at {rate}/s"), |seed| {
            dispersion(&counts_of(seed), mean).abs() > 1.96
        });
        check_rejections(&format!("neighbouring windows at {rate}/s"), |seed| {
            let counts = counts_of(seed);
            correlation(&counts[1..], &counts[..windows - 1]).abs() * (windows as f64).sqrt() > 1.96
        });
        // The number of a whole run is Poisson distributed as well, with what was ordered as its mean.
        let ordered = (rate * seconds) as f64;
        let totals: Vec<f64> = (0..1000).map(|seed| dues(&executor, seed).len() as f64).collect();
        let mean = totals.iter().sum::<f64>() / 1000.0;
        assert!((mean - ordered).abs() < 4.0 * (ordered / 1000.0).sqrt(), "{mean} instead of {ordered}");
        assert!(dispersion(&totals, ordered).abs() < 3.3, "{rate}/s");
    }
}

#[test]
fn a_changing_rate_is_a_poisson_process_in_its_own_time() {
    let stage = |seconds, target| Stage { duration: Duration::from_secs(seconds), target };
    let stages = vec![stage(10, 200), stage(0, 40), stage(10, 40), stage(10, 0)];
    let executor = RampingArrivalRate {
        start_rate: 0,
        time_unit: SECOND,
        stages,
        arrivals: Arrivals::Poisson,
        allowance: USERS,
    };
    // The area under the curve, of 1,600 iterations.
    let area = |t: f64| match t {
        t if t < 10.0 => 10.0 * t * t,
        t if t < 20.0 => 1000.0 + 40.0 * (t - 10.0),
        t => 1400.0 + 40.0 * (t - 20.0) - 2.0 * (t - 20.0).powi(2),
    };
    let areas = |seed| -> Vec<f64> {
        executor.dues(&Share::whole(), seed).map(|due| area(due.as_secs_f64())).collect()
    };
    check_rejections("gaps", |seed| kolmogorov(&gaps(&areas(seed)), 1.0) > 1.358);
    check_rejections("windows", |seed| dispersion(&counts(&areas(seed), 1600.0, 100), 16.0).abs() > 1.96);
}

#[test]
fn bursts_keep_the_rate_and_spread_more() {
    for size in [1, 5, 20] {
        let executor = constant(500, 20, Arrivals::Bursts(size));
        let mut all = Vec::new();
        let (mut arrivals, mut bursts) = (0, 0);
        for seed in 0..100 {
            let dues = dues(&executor, seed);
            arrivals += dues.len();
            bursts += dues.chunk_by(|a, b| a == b).count();
            all.extend(counts(&dues, 20.0, 20));
        }
        let mean = all.iter().sum::<f64>() / all.len() as f64;
        let variance = all.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / all.len() as f64;
        let expected = Arrivals::Bursts(size).dispersion();
        assert!((mean / 500.0 - 1.0).abs() < 0.02, "{mean}/s of bursts of {size}");
        assert!((variance / mean / expected - 1.0).abs() < 0.2, "{} of bursts of {size}", variance / mean);
        assert!((arrivals as f64 / bursts as f64 / size as f64 - 1.0).abs() < 0.02, "bursts of {size}");
    }
    let one = constant(500, 20, Arrivals::Bursts(1));
    assert_eq!(dues(&one, 7), dues(&constant(500, 20, Arrivals::Poisson), 7));
}

#[test]
fn a_seed_repeats_a_run_and_another_one_does_not() {
    let executor = constant(500, 2, Arrivals::Poisson);
    assert_eq!(dues(&executor, 1), dues(&executor, 1));
    let (one, other) = (gaps(&dues(&executor, 1)), gaps(&dues(&executor, 2)));
    let n = one.len().min(other.len());
    assert!(correlation(&one[..n], &other[..n]).abs() < 0.15);
    // What a seed means stays the same in later versions: records are repeated with them.
    let first: Vec<u128> = executor.dues(&Share::whole(), 1).take(3).map(|due| due.as_micros()).collect();
    assert_eq!(first, [1136, 1722, 1781]);
}

/// The 99th percentile of the time in a queue with one server, of arrivals at a rate and exponential service.
fn sojourn_p99(arrivals: Arrivals, rate: u64, service: impl Fn() -> f64) -> f64 {
    let mut free_at: f64 = 0.0;
    let mut times: Vec<f64> = dues(&constant(rate, 20_000, arrivals), 11)
        .into_iter()
        .map(|due| {
            free_at = free_at.max(due) + service();
            free_at - due
        })
        .collect();
    times.sort_unstable_by(f64::total_cmp);
    times[times.len() * 99 / 100]
}

/// Values of an exponential distribution with mean one.
fn exponential() -> impl Fn() -> f64 {
    let state = Cell::new(0x0123_4567_89AB_CDEF_u64);
    move || {
        // xorshift64*, which has nothing in common with what arrivals are drawn with.
        let mut x = state.get();
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state.set(x);
        -(((x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) + 1) as f64 / (1_u64 << 53) as f64).ln()
    }
}

#[test]
fn a_queue_is_as_long_as_theory_says() {
    // A server of 50/s at 80% of its capacity: the time in an M/M/1 queue is exponential with mean 1/(50 - 40) s.
    let draw = exponential();
    let theory = 100.0_f64.ln() / (50.0 - 40.0);
    let random = sojourn_p99(Arrivals::Poisson, 40, || draw() / 50.0);
    assert!((random / theory - 1.0).abs() < 0.05, "{random} instead of {theory}");
    let even = sojourn_p99(Arrivals::Even, 40, || draw() / 50.0);
    assert!(even < 0.7 * theory, "even arrivals flatter the target: {even}");
    // With a service of 20 ms there is no queue at all for even arrivals.
    assert!((sojourn_p99(Arrivals::Even, 40, || 0.02) - 0.02).abs() < 1e-6);
    assert!(sojourn_p99(Arrivals::Poisson, 40, || 0.02) > 0.15);
}

#[tokio::test(start_paused = true)]
async fn the_engine_measures_what_theory_says() {
    let scenario = json!({
        "executor": "constant-arrival-rate", "rate": 200, "duration": "20m", "preAllocatedVUs": 200,
        "arrivals": "poisson", "gracefulStop": "1m"
    });
    let (draw, mut free_at) = (exponential(), 0.0_f64);
    let server: Server = Box::new(move |now| {
        free_at = free_at.max(now.as_secs_f64()) + draw() / 250.0;
        Duration::from_secs_f64(free_at - now.as_secs_f64())
    });
    let fake = Fake { silent: true, server: Some(Mutex::new(server)), ..Fake::default() };
    let ran = go(test(json!({"a": scenario})), fake).await;
    let (completed, _, dropped) = ran.counts(0);
    assert_eq!(dropped, 0);
    assert!((completed as f64 - 240_000.0).abs() < 4.0 * 240_000.0_f64.sqrt(), "{completed}");
    let totals = &ran.result.totals;
    let p99 = |metric| totals.metric(metric).unwrap().stat(Stat::Percentile(99.0), 1.0).unwrap();
    let (measured, theory) = (p99(Builtin::ITERATION_DURATION), 100.0_f64.ln() / (250.0 - 200.0) * 1e3);
    assert!((measured / theory - 1.0).abs() < 0.1, "{measured} ms instead of {theory} ms");
    assert!(p99(Builtin::ITERATION_LAG) <= 1.0, "the timer's millisecond");
}

#[test]
fn scenarios_are_independent_and_fields_are_checked() {
    let read = |arrivals: &str| {
        parse_scenarios(&json!({"a": {
            "executor": "ramping-arrival-rate", "stages": [{"duration": "1s", "target": 5}], "preAllocatedVUs": 1,
            "arrivals": arrivals
        }}))
    };
    for (text, expected) in
        [("even", Arrivals::Even), ("poisson", Arrivals::Poisson), ("bursts of 20", Arrivals::Bursts(20))]
    {
        let scenarios = read(text).unwrap();
        assert_eq!(scenarios[0].executor.arrivals(), Some(expected));
        let written = json!(scenarios[0]);
        let is_written = written.get("arrivals").and_then(|value| value.as_str());
        assert_eq!(is_written, Some(text).filter(|text| *text != "even"), "k6 knows no such field");
        let described = scenarios[0].describe(&Share::whole());
        assert_eq!(described.contains(&format!("arrivals: {text}")), text != "even", "{described}");
    }
    for (text, expected) in [
        (
            "poison",
            "'poison' is no arrival process: use even, poisson or 'bursts of 20'; did you mean 'poisson'?",
        ),
        (
            "bursts",
            "'bursts' is no arrival process: use even, poisson or 'bursts of 20'; \
             the mean size of a burst is a whole number from 1 to 1000000",
        ),
        ("random", "'random' is no arrival process: use even, poisson or 'bursts of 20'"),
    ] {
        let problems = read(text).unwrap_err();
        assert_eq!(
            (problems[0].field.as_str(), problems[0].message.as_str()),
            ("scenarios.a.arrivals", expected)
        );
    }
}

fn random_arrivals() -> impl Strategy<Value = Arrivals> {
    prop_oneof![Just(Arrivals::Poisson), (1u64..30).prop_map(Arrivals::Bursts)]
}

proptest! {
    #[test]
    fn any_split_starts_the_stream_of_the_whole(
        (machines, workers) in machines(), rate in 1u64..300, pre in 0u64..9, more in 1u64..9,
        seed in any::<u64>(), arrivals in random_arrivals(), start_rate in 0u64..50, stages in stages(),
    ) {
        let allowance = Allowance { pre_allocated_vus: pre, max_vus: pre + more };
        let constant = ConstantArrivalRate { allowance, ..constant(rate, 1, arrivals) };
        let ramping = RampingArrivalRate { start_rate, time_unit: SECOND, stages, arrivals, allowance };
        let shares = || machines.iter().flat_map(|machine| {
            (0..workers).map(|worker| allowance.iterations(machine, workers, worker))
        });
        let parts = shares().flat_map(|share| constant.dues(&share, seed).collect::<Vec<_>>());
        prop_assert_eq!(sorted(parts.collect()), constant.dues(&Share::whole(), seed).collect::<Vec<_>>());
        let parts = shares().flat_map(|share| ramping.dues(&share, seed).collect::<Vec<_>>());
        prop_assert_eq!(sorted(parts.collect()), ramping.dues(&Share::whole(), seed).collect::<Vec<_>>());
    }

    #[test]
    fn random_arrivals_are_in_order_and_in_time(
        rate in 1u64..3000, seed in any::<u64>(), arrivals in random_arrivals(), stages in stages(),
    ) {
        let end: Duration = stages.iter().map(|stage| stage.duration).sum();
        let ramping = RampingArrivalRate { start_rate: rate, time_unit: SECOND, stages, arrivals, allowance: USERS };
        let dues: Vec<Duration> = ramping.dues(&Share::whole(), seed).collect();
        prop_assert!(dues.is_sorted() && dues.iter().all(|due| *due <= end));
        let dues: Vec<Duration> = constant(rate, 1, arrivals).dues(&Share::whole(), seed).collect();
        prop_assert!(dues.is_sorted() && dues.iter().all(|due| *due < SECOND));
    }
}
