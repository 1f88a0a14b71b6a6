//! A leak is memory that keeps growing under a load that does not.
//!
//! Of each of twelve blocks of the soak the smallest value is taken, which for a heap that is collected is what is left
//! after a collection. There is a leak when these rise (Mann and Kendall, p < 0.01), the line through them (Theil and
//! Sen) rises by more than 5% and by more than 4 MB, and memory still grows in the last third: caches that fill,
//! and heaps that were enlarged once, do not.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::soak::{BLOCKS, SHORTEST, by_block, soak};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::stats::robust::median;
use crate::stats::trend::Trend;

/// What tells how much memory the target uses, the best first.
const SERIES: [&str; 6] = [
    "process_resident_memory_bytes",
    "jvm_memory_used_bytes",
    "go_memstats_heap_inuse_bytes",
    "nodejs_heap_size_used_bytes",
    "dotnet_total_memory_bytes",
    "container_memory_working_set_bytes",
];

/// A trend that is more likely than this by chance is none.
const CHANCE: f64 = 0.01;

/// Growth below this part of the beginning, or below this many bytes, does not matter.
const MATTERS: f64 = 0.05;
const MATTERS_BYTES: f64 = 4e6;

/// Growth from the second to the last third, as a part of what it would be if it were steady.
const STILL_GROWING: f64 = 0.4;

messages! {
    fn leak(series: &str, from: &str, to: &str, rate: &str, seconds: &str) {
        en: "{series} rose from {from} to {to} during {seconds} s of steady load, {rate} MB per minute, and was still rising at the end",
        ko: "일정 부하 {seconds}초 동안 {series} 값이 {from}에서 {to}로 분당 {rate} MB씩 증가했고 마지막까지 계속 증가했습니다",
    }
    fn steady(series: &str, from: &str, to: &str, seconds: &str) {
        en: "{series} went from {from} to {to} during {seconds} s of steady load, which is not lasting growth",
        ko: "일정 부하 {seconds}초 동안 {series} 값은 {from}에서 {to}로, 지속적인 증가는 없었습니다",
    }
    fn not_told() {
        en: "not measured: the target does not expose its memory; give the plan its Prometheus endpoint",
        ko: "측정되지 않았습니다. 대상 메모리 지표가 없습니다. 플랜에 Prometheus 엔드포인트를 지정하십시오",
    }
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = soak(case)?;
    let told = SERIES.iter().map(|name| {
        let points: Vec<(f64, f64)> =
            seconds.iter().filter_map(|second| Some((second.end, second.target(name)?))).collect();
        (*name, points)
    });
    let Some((name, points)) = told.into_iter().find(|(_, points)| !points.is_empty()) else {
        return Err(Observation::not_measured("memory-not-told").into());
    };
    let lowest = by_block(&points, BLOCKS, |values| values.iter().copied().reduce(f64::min));
    let lasted = points.last().map_or(0.0, |last| last.0) - points[0].0;
    let Some(trend) = Trend::of(&lowest).filter(|_| lowest.len() == BLOCKS && lasted >= SHORTEST - 2.0)
    else {
        let short = Observation::not_measured("soak-too-short").figure("seconds", lasted);
        return Err(short.figure("needed", SHORTEST).into());
    };
    let is_leak = is_leak(&lowest, &trend);
    let seen = Observation::truth(is_leak, if is_leak { "leak" } else { "no-leak" })
        .figure("from", trend.start)
        .figure("to", trend.end)
        .figure("per_minute", trend.slope * 60.0 / 1e6)
        .figure("p_value", trend.p_value)
        .figure("seconds", lasted)
        .label("series", name);
    Ok(seen)
}

fn is_leak(lowest: &[(f64, f64)], trend: &Trend) -> bool {
    let growth = trend.end - trend.start;
    let matters = growth > (trend.start * MATTERS).max(MATTERS_BYTES);
    let third = |part: &[(f64, f64)]| median(&part.iter().map(|point| point.1).collect::<Vec<_>>());
    let (Some(first), Some(second), Some(last)) = (
        third(&lowest[..BLOCKS / 3]),
        third(&lowest[BLOCKS / 3..BLOCKS * 2 / 3]),
        third(&lowest[BLOCKS * 2 / 3..]),
    ) else {
        return false;
    };
    let steady = (last - first) / 2.0 * STILL_GROWING;
    trend.p_value < CHANCE && matters && second - first > steady && last - second > steady
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (series, seconds) = (said.label("series"), said.number("seconds"));
    let (from, to) = (said.megabytes("from"), said.megabytes("to"));
    Some(match said.note() {
        "leak" => leak(lang, series, &from, &to, &said.number("per_minute"), &seconds),
        "no-leak" => steady(lang, series, &from, &to, &seconds),
        "memory-not-told" => not_told(lang),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    const SECONDS: usize = 270;

    /// Memory second by second, judged as `look` does.
    fn leaks(memory: impl Fn(usize) -> f64) -> bool {
        let points: Vec<(f64, f64)> = (0..SECONDS).map(|at| (at as f64, memory(at))).collect();
        let lowest = by_block(&points, BLOCKS, |values| values.iter().copied().reduce(f64::min));
        is_leak(&lowest, &Trend::of(&lowest).unwrap())
    }

    /// A process that forgets with each second the given part of its noise.
    fn noise(rng: &mut Rng, keeps: f64, size: f64) -> Vec<f64> {
        let normal = |rng: &mut Rng| (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        let mut now = normal(rng) * size;
        (0..SECONDS)
            .map(|_| {
                now = keeps * now + (1.0 - keeps * keeps).sqrt() * size * normal(rng);
                now
            })
            .collect()
    }

    #[test]
    fn a_megabyte_a_second_is_found_whatever_the_process() {
        let mut rng = Rng::with_seed(1);
        for run in 0..200 {
            let level = [15e6, 40e6, 100e6, 300e6][run % 4];
            let noise = noise(&mut rng, 0.9, level * 0.03);
            assert!(leaks(|at| level + noise[at] + 1e6 * at as f64), "{run}");
        }
    }

    #[test]
    fn a_leak_below_a_collected_heap_is_found() {
        assert!(leaks(|at| 100e6 + 0.3e6 * at as f64 + 2e6 * (at % 17) as f64));
    }

    #[test]
    fn false_alarms_are_rarer_than_one_in_twenty() {
        let mut rng = Rng::with_seed(2);
        for keeps in [0.0, 0.5, 0.9, 0.95, 0.98] {
            let runs = 400;
            let alarms = (0..runs)
                .filter(|_| {
                    let noise = noise(&mut rng, keeps, 8e6);
                    leaks(|at| 100e6 + noise[at])
                })
                .count();
            assert!(alarms * 20 < runs, "{keeps}: {alarms} of {runs}");
        }
    }

    #[test]
    fn steps_saws_and_caches_are_no_leaks() {
        let mut rng = Rng::with_seed(3);
        let mut alarms = 0;
        let runs = 600;
        for run in 0..runs {
            let noise = noise(&mut rng, 0.8, 1e6);
            let (period, phase, at_step) = (rng.usize(5..136), rng.usize(0..200), rng.usize(0..SECONDS));
            let rise = 20e6 + rng.f64() * 80e6;
            let shape = |at: usize| match run % 3 {
                0 if at >= at_step => rise,
                0 => 0.0,
                1 => rise * ((at + phase) % period) as f64 / period as f64,
                _ => rise * (1.0 - (-(at as f64) / 40.0).exp()),
            };
            alarms += usize::from(leaks(|at| 100e6 + noise[at] + shape(at)));
        }
        assert!(alarms * 20 < runs, "{alarms} of {runs}");
    }
}
