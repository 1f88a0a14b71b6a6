//! A leak is memory that keeps growing under a load that does not.
//!
//! A heap that is collected is judged by what is left after each collection, all other memory by the smallest value of
//! each of twelve blocks of the soak. There is a leak when these rise beyond chance, the line through them (Theil and
//! Sen) rises by more than 5% and by more than 4 MB, and memory still grows in the last third: caches that fill, and
//! heaps that were enlarged once, do not. With fewer than five collections, or a heap that was not collected at all,
//! growth is not told from what the next collection would free. Several instances are judged apart.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::soak::{BLOCKS, SHORTEST, by_block, soak};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::Second;
use crate::instances::instances;
use crate::stats::collections::collections;
use crate::stats::robust::median;
use crate::stats::trend::{Trend, theil_sen};

/// What tells how much memory the target uses, the best first, and whether it is a heap that is collected.
const SERIES: [(&str, bool); 6] = [
    ("process_resident_memory_bytes", false),
    ("jvm_memory_used_bytes", true),
    ("go_memstats_heap_inuse_bytes", true),
    ("nodejs_heap_size_used_bytes", true),
    ("dotnet_total_memory_bytes", true),
    ("container_memory_working_set_bytes", false),
];

/// A trend that is more likely than this by chance is none.
const CHANCE: f64 = 0.01;

/// What is left after collections rises when it does by this many standard errors of the line through it.
const STANDARD_ERRORS: f64 = 4.0;

/// The fewest collections that tell.
const COLLECTIONS: usize = 5;

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
    fn left(count: &str, series: &str) {
        en: "what {count} collections left of {series}",
        ko: "{series}({count}회 수집 직후 기준)",
    }
    fn steady(series: &str, from: &str, to: &str, seconds: &str) {
        en: "{series} went from {from} to {to} during {seconds} s of steady load, which is not lasting growth",
        ko: "일정 부하 {seconds}초 동안 {series} 값은 {from}에서 {to}로, 지속적인 증가는 없었습니다",
    }
    fn few(series: &str, count: &str, seconds: &str, needed: &str) {
        en: "not measured: {series} was collected {count} times during {seconds} s of steady load; only what {needed} collections leave tells growth from what will be freed",
        ko: "측정되지 않았습니다. 일정 부하 {seconds}초 동안 {series} 값의 수집이 {count}회였습니다. 증가와 아직 해제되지 않은 메모리를 구분하려면 수집이 {needed}회 필요합니다",
    }
    fn not_told() {
        en: "not measured: the target does not expose its memory; give the plan its Prometheus endpoint",
        ko: "측정되지 않았습니다. 대상 메모리 지표가 없습니다. 플랜에 Prometheus 엔드포인트를 지정하십시오",
    }
}

/// What the memory of one process did.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Growth {
    kind: Kind,
    from: f64,
    to: f64,
    /// Bytes per second.
    slope: f64,
    seconds: f64,
    /// How often it was collected.
    collections: usize,
}

/// In the order of what matters most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Steady,
    /// Growth that collections may or may not free.
    Open,
    Leak,
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = soak(case)?;
    let is_told = |name: &str| seconds.iter().any(|second| second.target(name).is_some());
    let Some((name, is_heap)) = SERIES.into_iter().find(|(name, _)| is_told(name)) else {
        return Err(Observation::not_measured("memory-not-told").into());
    };
    let of = |group: &Vec<Second<'_>>| {
        let points: Vec<(f64, f64)> =
            group.iter().filter_map(|second| Some((second.end, second.target(name)?))).collect();
        growth(&points, is_heap)
    };
    let found = instances(&seconds).iter().filter_map(of).max_by_key(|growth| growth.kind);
    let Some(growth) = found else {
        let told: f64 =
            seconds.iter().filter(|second| second.target(name).is_some()).map(Second::length).sum();
        let short = Observation::not_measured("soak-too-short").figure("seconds", told);
        return Err(short.figure("needed", SHORTEST).into());
    };
    let is_collected = growth.collections >= COLLECTIONS;
    let seen = match growth.kind {
        Kind::Open => Observation::not_measured("few-collections").figure("needed", COLLECTIONS as f64),
        Kind::Leak => Observation::truth(true, if is_collected { "leak-collected" } else { "leak" }),
        Kind::Steady => Observation::truth(false, if is_collected { "no-leak-collected" } else { "no-leak" }),
    };
    let seen = seen
        .figure("from", growth.from)
        .figure("to", growth.to)
        .figure("per_minute", growth.slope * 60.0 / 1e6)
        .figure("seconds", growth.seconds)
        .figure("collections", growth.collections as f64)
        .label("series", name);
    Ok(seen)
}

/// What memory did, by (time, bytes) pairs; none of too short a time.
fn growth(points: &[(f64, f64)], is_heap: bool) -> Option<Growth> {
    let (first, last) = (points.first()?, points.last()?);
    if last.0 - first.0 < SHORTEST - 2.0 {
        return None;
    }
    let left = collections(points, MATTERS_BYTES / 2.0);
    if left.len() >= COLLECTIONS {
        return Some(Growth { collections: left.len(), ..after_collections(&left, rise(points))? });
    }
    let lowest = by_block(points, BLOCKS, |values| values.iter().copied().reduce(f64::min));
    let trend = Trend::of(&lowest).filter(|_| lowest.len() == BLOCKS)?;
    let of = |kind| Growth {
        kind,
        from: trend.start,
        to: trend.end,
        slope: trend.slope,
        seconds: last.0 - first.0,
        collections: left.len(),
    };
    let grows = trend.p_value < CHANCE && matters(trend.start, trend.end) && is_lasting(&lowest, 0.0);
    Some(match (grows, left.len()) {
        (true, 0) => of(if is_heap { Kind::Open } else { Kind::Leak }),
        (_, 1..) if is_open(points, &left) => of(Kind::Open),
        _ => of(Kind::Steady),
    })
}

/// How much memory rises from one reading to the next. What a collection left is known to this: the reading comes later.
fn rise(points: &[(f64, f64)]) -> f64 {
    let steps = points.windows(2).map(|pair| pair[1].1 - pair[0].1);
    median(&steps.filter(|step| *step > 0.0).collect::<Vec<_>>()).unwrap_or_default()
}

/// The growth of what some collections left, each known to that many bytes.
fn after_collections(left: &[(f64, f64)], known_to: f64) -> Option<Growth> {
    let (slope, at_zero) = theil_sen(left)?;
    let (first, last) = (left.first()?.0, left.last()?.0);
    let line = |time: f64| at_zero + slope * time;
    let middle = f64::midpoint(first, last);
    let spread: f64 = left.iter().map(|(time, _)| (time - middle).powi(2)).sum();
    let rest: f64 = left.iter().map(|(time, value)| (value - line(*time)).powi(2)).sum();
    let error = (rest / (left.len() as f64 - 2.0) / spread).sqrt();
    let is_beyond_chance = slope > STANDARD_ERRORS * error && line(last) - line(first) > known_to;
    let grows = is_beyond_chance && matters(line(first), line(last)) && is_lasting(left, known_to);
    Some(Growth {
        kind: if grows { Kind::Leak } else { Kind::Steady },
        from: line(first),
        to: line(last),
        slope,
        seconds: last - first,
        collections: left.len(),
    })
}

/// Whether a few collections leave open if memory grows: they do if what the last one left is more than there was at
/// first, or if there is no other to compare it with.
fn is_open(points: &[(f64, f64)], left: &[(f64, f64)]) -> bool {
    let values = || points.iter().map(|point| point.1);
    let (least, most) = (values().fold(f64::INFINITY, f64::min), values().fold(0.0, f64::max));
    let compared = match left {
        [first, .., last] => matters(first.1, last.1),
        _ => true,
    };
    matters(least, most) && compared
}

fn matters(from: f64, to: f64) -> bool {
    to - from > (from * MATTERS).max(MATTERS_BYTES)
}

/// Whether values, each known to so much, rise from the first third to the second and from there to the last, neither
/// much less than steadily.
fn is_lasting(points: &[(f64, f64)], known_to: f64) -> bool {
    let count = points.len();
    let third = |from: usize, to: usize| {
        median(&points[from..to].iter().map(|point| point.1).collect::<Vec<_>>()).unwrap_or_default()
    };
    let first = third(0, count.div_ceil(3));
    let second = third(count / 3, count - count / 3);
    let last = third(count - count.div_ceil(3), count);
    let steady = (last - first) / 2.0 * STILL_GROWING - known_to;
    second - first > steady && last - second > steady
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (series, seconds) = (said.label("series"), said.number("seconds"));
    let (from, to) = (said.megabytes("from"), said.megabytes("to"));
    let (rate, count) = (said.number("per_minute"), said.number("collections"));
    let left = left(lang, &count, series);
    Some(match said.note() {
        "leak" => leak(lang, series, &from, &to, &rate, &seconds),
        "leak-collected" => leak(lang, &left, &from, &to, &rate, &seconds),
        "no-leak" => steady(lang, series, &from, &to, &seconds),
        "no-leak-collected" => steady(lang, &left, &from, &to, &seconds),
        "few-collections" => few(lang, series, &count, &seconds, &said.number("needed")),
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
    fn judged(seconds: usize, memory: impl Fn(usize) -> f64) -> Kind {
        let points: Vec<(f64, f64)> = (0..seconds).map(|at| (at as f64, memory(at))).collect();
        growth(&points, false).unwrap().kind
    }

    fn leaks(memory: impl Fn(usize) -> f64) -> bool {
        judged(SECONDS, memory) == Kind::Leak
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
        let (mut rng, mut missed) = (Rng::with_seed(4), [0, 0]);
        for run in 0..200 {
            let (period, phase) = (15.0 + 0.5 * rng.f64(), 15.0 * rng.f64());
            let saw = |at: usize| 60e6 * ((at as f64 + phase) / period).fract();
            let noise = noise(&mut rng, 0.5, 0.3e6);
            // Two minutes and five, of which the first quarter and the first tenth are warm-up.
            for (seconds, missed) in [90, SECONDS].into_iter().zip(&mut missed) {
                let leak = judged(seconds, |at| 120e6 + 0.2e6 * at as f64 + saw(at) + noise[at]);
                *missed += i32::from(leak != Kind::Leak);
                assert_eq!(
                    judged(seconds, |at| 120e6 + saw(at) + noise[at]),
                    Kind::Steady,
                    "{run} {seconds}"
                );
            }
        }
        assert!(missed[0] <= 20 && missed[1] == 0, "{missed:?}");
    }

    #[test]
    fn a_long_saw_tooth_is_no_leak() {
        let mut rng = Rng::with_seed(5);
        for run in 0..200 {
            let phase = 200.0 * rng.f64();
            let noise = noise(&mut rng, 0.5, 0.5e6);
            let memory =
                |at: usize| 100e6 + 80e6 * ((at as f64 + phase) / 200.0).fract() + noise[at % SECONDS];
            assert_ne!(judged(SECONDS, memory), Kind::Leak, "{run}");
            assert_eq!(judged(1100, memory), Kind::Steady, "{run}");
            assert_eq!(judged(1100, |at| memory(at) + 0.2e6 * at as f64), Kind::Leak, "{run}");
        }
    }

    #[test]
    fn a_heap_that_was_never_collected_leaves_it_open() {
        let points: Vec<(f64, f64)> = (0..SECONDS).map(|at| (at as f64, 1e8 + 1e6 * at as f64)).collect();
        assert_eq!(growth(&points, true).unwrap().kind, Kind::Open);
        assert_eq!(growth(&points, false).unwrap().kind, Kind::Leak);
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
        assert!(alarms * 50 < runs, "{alarms} of {runs}");
    }
}
