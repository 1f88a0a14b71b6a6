//! Performance degradation is how much slower a target became under a load that did not change.
//!
//! The soak is cut into 24 blocks, and of each the median of the seconds' p50, p95 and requests a second is taken. Each
//! of the three changed when its blocks have a trend (Mann and Kendall, p < 0.01), by the rise of the line through
//! them (Theil and Sen), or when the last third differs from the first (Mann and Whitney, p < 0.01), by the medians of
//! these. The value is the worst change of the three. A latency that changed by less than half a millisecond did not.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::soak::{by_block, soak};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::Second;
use crate::stats::mann_whitney::MannWhitney;
use crate::stats::robust::median;
use crate::stats::trend::Trend;

/// Enough for a test of eight blocks against eight.
const BLOCKS: usize = 24;

/// A change that is more likely than this by chance is none.
const CHANCE: f64 = 0.01;

/// A smaller change of latency, in milliseconds, is not noticed by anybody.
const NOTICED: f64 = 0.5;

messages! {
    fn slower(what: &str, from: &str, to: &str, seconds: &str) {
        en: "{what} went from {from} to {to} during {seconds} s of steady load",
        ko: "일정 부하 {seconds}초 동안 {what} 값이 {from}에서 {to}로 변했습니다",
    }
    fn unchanged(from: &str, to: &str, seconds: &str) {
        en: "no change beyond noise during {seconds} s of steady load: p50 went from {from} to {to}",
        ko: "일정 부하 {seconds}초 동안 오차 범위를 넘는 변화가 없었습니다. p50은 {from}에서 {to}였습니다",
    }
}

/// How one number changed.
#[derive(Clone, Copy, Debug)]
struct Change {
    from: f64,
    to: f64,
    /// By how much it became worse, relative to before; below zero if better.
    worse: f64,
    is_certain: bool,
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = soak(case)?;
    let of = |value: &dyn Fn(&Second<'_>) -> Option<f64>, more_is_better: bool| {
        let points: Vec<(f64, f64)> =
            seconds.iter().filter_map(|second| Some((second.end, value(second)?))).collect();
        change(&by_block(&points, BLOCKS, median), more_is_better)
    };
    let Some(p50) = of(&|second| second.latency("p50"), false) else {
        return Err(Observation::not_measured("no-request").into());
    };
    let rate = of(&|second| Some(second.requests() / second.length()), true);
    let changes = [("p50", Some(p50)), ("p95", of(&|second| second.latency("p95"), false)), ("tps", rate)];
    let worst = changes
        .into_iter()
        .filter_map(|(name, change)| Some((name, change.filter(|change| change.is_certain)?)))
        .max_by(|a, b| a.1.worse.total_cmp(&b.1.worse));
    let lasted: f64 = seconds.iter().map(Second::length).sum();
    let (name, shown, value) = match worst {
        Some((name, change)) => (name, change, change.worse * 100.0),
        None => ("", p50, 0.0),
    };
    let seen = Observation::number(value, "%", if name.is_empty() { "unchanged" } else { "slower" })
        .figure("from", shown.from)
        .figure("to", shown.to)
        .figure("seconds", lasted)
        .label("what", name);
    Ok(seen)
}

fn change(points: &[(f64, f64)], more_is_better: bool) -> Option<Change> {
    let trend = Trend::of(points)?;
    let third = points.len() / 3;
    let values = |part: &[(f64, f64)]| part.iter().map(|point| point.1).collect::<Vec<_>>();
    let (first, last) = (values(&points[..third]), values(&points[points.len() - third..]));
    let differ = MannWhitney::of(&first, &last).is_some_and(|test| test.p_value < CHANCE);
    let (from, to, is_certain) = if trend.p_value < CHANCE {
        (trend.start, trend.end, true)
    } else {
        (median(&first)?, median(&last)?, differ)
    };
    let growth = if from > 0.0 { to / from - 1.0 } else { 0.0 };
    let is_noticed = more_is_better || (to - from).abs() >= NOTICED;
    let worse = if more_is_better { -growth } else { growth };
    Some(Change { from, to, worse, is_certain: is_certain && is_noticed })
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (what, seconds) = (said.label("what"), said.number("seconds"));
    let shown = |name| if what == "tps" { format!("{}/s", said.number(name)) } else { said.time(name) };
    Some(match said.note() {
        "slower" => slower(lang, what, &shown("from"), &shown("to"), &seconds),
        "unchanged" => unchanged(lang, &shown("from"), &shown("to"), &seconds),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    /// Blocks of latencies of 20 ms with noise that depends on the block before.
    fn latencies(rng: &mut Rng, keeps: f64, shape: impl Fn(f64) -> f64) -> Vec<(f64, f64)> {
        let normal = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let mut noise = 0.0;
        let points = (0..BLOCKS).map(|at| {
            noise = keeps * noise + (1.0 - keeps * keeps).sqrt() * normal(rng);
            (at as f64, 20.0 * (1.0 + 0.03 * noise) * shape(at as f64 / BLOCKS as f64))
        });
        points.collect()
    }

    #[test]
    fn slow_and_sudden_changes_are_measured() {
        let mut rng = Rng::with_seed(5);
        for _ in 0..50 {
            let slow = change(&latencies(&mut rng, 0.3, |at| 1.0 + 0.3 * at), false).unwrap();
            assert!(slow.is_certain && (0.2..0.4).contains(&slow.worse), "{slow:?}");
            let sudden = latencies(&mut rng, 0.3, |at| if at < 0.65 { 1.0 } else { 1.5 });
            let sudden = change(&sudden, false).unwrap();
            assert!(sudden.is_certain && (0.3..0.8).contains(&sudden.worse), "{sudden:?}");
        }
    }

    #[test]
    fn a_steady_target_does_not_degrade_by_a_tenth() {
        let mut rng = Rng::with_seed(6);
        for keeps in [0.0, 0.3, 0.6] {
            let alarms = (0..400)
                .filter(|_| {
                    let change = change(&latencies(&mut rng, keeps, |_| 1.0), false).unwrap();
                    change.is_certain && change.worse >= 0.1
                })
                .count();
            assert!(alarms * 20 < 400, "{keeps}: {alarms}");
        }
    }

    #[test]
    fn throughput_that_is_lost_is_worse() {
        let points: Vec<(f64, f64)> = (0..24).map(|at| (f64::from(at), 100.0 - f64::from(at))).collect();
        let change = change(&points, true).unwrap();
        assert!(change.is_certain && (change.worse - 0.23).abs() < 1e-9, "{change:?}");
    }
}
