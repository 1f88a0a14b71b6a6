//! Performance degradation is how much slower a target became under a load that did not change.
//!
//! The soak is cut into 24 blocks, and of each the median of the seconds' p50, p95 and requests a second is taken. Each
//! of the three has a [`Drift`] beyond its swings or not; the value is the worst of those that have, and zero if none has.
//! What is no drift beyond doubt but looks like more than was promised is not measured: of p50 and throughput whatever
//! their noise, of p95, which has more of it, from two standard errors on. A latency that changed by less than half a
//! millisecond did not.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::soak::{by_block, soak};
use super::terms::{Looked, Observation};
use super::text::Said;
use super::verdict::meets;
use crate::course::Second;
use crate::stats::drift::Drift;
use crate::stats::robust::median;

/// Enough for waves of eight periods.
const BLOCKS: usize = 24;

/// What p95 seems to have changed by counts without this many standard errors.
const TAIL_ERRORS: f64 = 2.0;

/// A smaller change of latency, in milliseconds, is not noticed by anybody.
const NOTICED: f64 = 0.5;

messages! {
    fn slower(what: &str, from: &str, to: &str, seconds: &str) {
        en: "{what} went from {from} to {to} during {seconds} s of steady load",
        ko: "일정 부하 {seconds}초 동안 {what} 값이 {from}에서 {to}로 변했습니다",
    }
    fn cannot_tell(what: &str, from: &str, to: &str, seconds: &str) {
        en: "not measured: {what} went from {from} to {to} during {seconds} s of steady load, but it swings by as much; a longer run can tell",
        ko: "측정되지 않았습니다. 일정 부하 {seconds}초 동안 {what} 값이 {from}에서 {to}로 변했지만 평소 변동도 그만큼 큽니다. 더 길게 테스트하면 판단할 수 있습니다",
    }
    fn unchanged(from: &str, to: &str, seconds: &str) {
        en: "no change beyond noise during {seconds} s of steady load: p50 went from {from} to {to}",
        ko: "일정 부하 {seconds}초 동안 오차 범위를 넘는 변화가 없었습니다. p50은 {from}에서 {to}였습니다",
    }
}

/// How one number changed.
#[derive(Clone, Copy, Debug)]
struct Change {
    name: &'static str,
    from: f64,
    to: f64,
    /// By how much it became worse, relative to before; below zero if better.
    worse: f64,
    /// By how much at least, as far as noise lets one see.
    seeming: f64,
    is_certain: bool,
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = soak(case)?;
    let of = |name: &'static str, value: &dyn Fn(&Second<'_>) -> Option<f64>| {
        let points: Vec<(f64, f64)> =
            seconds.iter().filter_map(|second| Some((second.end, value(second)?))).collect();
        let blocks: Vec<f64> = by_block(&points, BLOCKS, median).into_iter().map(|block| block.1).collect();
        change(name, &blocks)
    };
    let Some(p50) = of("p50", &|second| second.latency("p50")) else {
        return Err(Observation::not_measured("no-request").into());
    };
    let p95 = of("p95", &|second| second.latency("p95"));
    let rate = of("tps", &|second| Some(second.requests() / second.length()));
    let changes = || [Some(p50), p95, rate].into_iter().flatten();
    let certain = changes().filter(|change| change.is_certain);
    let worst = certain.max_by(|one, other| one.worse.total_cmp(&other.worse));
    let seeming = changes().filter(|change| !meets(case.promise, change.seeming * 100.0));
    let seeming = seeming.max_by(|one, other| one.seeming.total_cmp(&other.seeming));
    let lasted: f64 = seconds.iter().map(Second::length).sum();
    let (change, seen) = match (worst, seeming) {
        (Some(worst), _) if !meets(case.promise, worst.worse * 100.0) => (worst, None),
        (_, Some(seeming)) => (seeming, Some(Observation::not_measured("cannot-tell"))),
        (Some(worst), None) => (worst, None),
        (None, None) => (p50, Some(Observation::number(0.0, "%", "unchanged"))),
    };
    let seen = seen.unwrap_or_else(|| Observation::number(change.worse * 100.0, "%", "slower"));
    Ok(seen
        .figure("from", change.from)
        .figure("to", change.to)
        .figure("seconds", lasted)
        .label("what", change.name))
}

/// How a number changed, by its values in blocks; less requests are worse, and more of any time.
fn change(name: &'static str, blocks: &[f64]) -> Option<Change> {
    let drift = Drift::of(blocks)?;
    let (is_rate, is_tail) = (name == "tps", name == "p95");
    let worse = if is_rate { -drift.growth() } else { drift.growth() };
    let is_noticed = is_rate || (drift.to - drift.from).abs() >= NOTICED;
    let seeming = if is_tail { worse - TAIL_ERRORS * drift.error } else { worse };
    Some(Change {
        name,
        from: drift.from,
        to: drift.to,
        worse,
        seeming: if is_noticed { seeming } else { 0.0 },
        is_certain: drift.is_certain && is_noticed,
    })
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (what, seconds) = (said.label("what"), said.number("seconds"));
    let shown = |name| if what == "tps" { format!("{}/s", said.number(name)) } else { said.time(lang, name) };
    Some(match said.note() {
        "slower" => slower(lang, what, &shown("from"), &shown("to"), &seconds),
        "cannot-tell" => cannot_tell(lang, what, &shown("from"), &shown("to"), &seconds),
        "unchanged" => unchanged(lang, &shown("from"), &shown("to"), &seconds),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    /// Blocks of latencies of 20 ms with noise that depends on the block before.
    fn latencies(rng: &mut Rng, keeps: f64, shape: impl Fn(f64) -> f64) -> Vec<f64> {
        let normal = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let mut noise = 0.0;
        let blocks = (0..BLOCKS).map(|at| {
            noise = keeps * noise + (1.0 - keeps * keeps).sqrt() * normal(rng);
            20.0 * (1.0 + 0.03 * noise) * shape(at as f64 / BLOCKS as f64)
        });
        blocks.collect()
    }

    #[test]
    fn slow_and_sudden_changes_are_measured() {
        let mut rng = Rng::with_seed(5);
        for _ in 0..50 {
            let slow = change("p50", &latencies(&mut rng, 0.3, |at| 1.0 + 0.3 * at)).unwrap();
            assert!(slow.is_certain && (0.2..0.4).contains(&slow.worse), "{slow:?}");
            let sudden = latencies(&mut rng, 0.3, |at| if at < 0.65 { 1.0 } else { 1.5 });
            let sudden = change("p50", &sudden).unwrap();
            assert!(sudden.is_certain && (0.4..0.6).contains(&sudden.worse), "{sudden:?}");
        }
    }

    #[test]
    fn a_steady_target_does_not_degrade_by_a_tenth() {
        let mut rng = Rng::with_seed(6);
        for keeps in [0.0, 0.3, 0.6, 0.9] {
            let alarms = (0..400)
                .filter(|_| {
                    let change = change("p50", &latencies(&mut rng, keeps, |_| 1.0)).unwrap();
                    change.is_certain && change.worse >= 0.1
                })
                .count();
            assert!(alarms * 50 < 400, "{keeps}: {alarms}");
        }
    }

    #[test]
    fn throughput_that_is_lost_is_worse() {
        let blocks: Vec<f64> = (0..24).map(|at| 100.0 * 0.8_f64.powf(f64::from(at) / 23.0)).collect();
        let change = change("tps", &blocks).unwrap();
        assert!(change.is_certain && (change.worse - 0.2).abs() < 1e-9, "{change:?}");
    }
}
