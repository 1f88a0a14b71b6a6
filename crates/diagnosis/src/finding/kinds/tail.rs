//! `unstable-tail`: most requests are fast, and every now and then some are far slower.
//!
//! Looked at is each request with at least 50 answers per second, in each part of the run with one load and twenty
//! seconds. *Stalls*: in at least four seconds, and one in ten, the 99th percentile was five times its median over all
//! seconds and 100 ms more, while the median time of requests was steady (its median deviation below 30%). *Wide*:
//! the 99th percentile is usually fifty times the median, and half a second or more. Stalls below a second that come back
//! after the same time are information.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::finding::support::series::{Point, Series};
use crate::finding::support::stretch::stretches;
use crate::stats::robust::{mad, mean, median};
use crate::words::{number, time};

pub(crate) const ID: &str = "unstable-tail";

const SECONDS: usize = 20;

/// The fewest responses per second that have a 99th percentile.
const ANSWERS: f64 = 50.0;

/// A stall is this many times the usual, and this many milliseconds more.
const STALL: f64 = 5.0;
const FELT: f64 = 100.0;

/// The fewest stalls, and the smallest share of the seconds.
const STALLS: usize = 4;
const STALLED_SHARE: f64 = 0.1;

/// Stalls that come back after the same time, and are shorter than this, are worth knowing and no more.
const UNBEARABLE: f64 = 1000.0;

/// The median is steady when it deviates by less than this share.
const STEADY: f64 = 0.3;

/// A tail is wide from this factor and this many milliseconds on.
const WIDE: f64 = 50.0;
const LONG: f64 = 500.0;

/// Gaps between stalls that vary by less than this share are a period.
const PERIODIC: f64 = 0.25;

messages! {
    fn title(name: &str) { en: "Unstable tail latency: {name}", ko: "p99 응답 시간 불안정: {name}" }
    fn stalls(name: &str, count: &str, seconds: &str) {
        en: "{name}: p99 spiked in {count} of {seconds} seconds",
        ko: "{name}: {seconds}초 중 {count}초에서 p99가 치솟았습니다",
    }
    fn heights(p99: &str, usual: &str, p50: &str) {
        en: ", to {p99} where {usual} is usual, while the median stayed at {p50}.",
        ko: "(평소 {usual}, 최고 구간 {p99}). 중앙값은 {p50}로 안정적이었습니다.",
    }
    fn period(seconds: &str) { en: " It happened every {seconds} s.", ko: " 약 {seconds}초 주기로 반복되었습니다." }
    fn wide(name: &str, p99: &str, p50: &str) {
        en: "{name}: p99 is {p99} although the median is {p50}.",
        ko: "{name}: 중앙값은 {p50}인데 p99는 {p99}입니다.",
    }
    fn pauses() {
        en: "Compare the times with the garbage collector's log, and give it more memory or configure shorter pauses.",
        ko: "해당 시각을 GC 로그와 비교하고 힙 크기나 GC 설정을 조정해 정지 시간을 줄이십시오.",
    }
    fn jobs() {
        en: "Check what runs at these times: scheduled jobs, snapshots, log rotation, cache expiry.",
        ko: "그 시각에 실행되는 배치 작업, 스냅샷, 로그 로테이션, 캐시 만료를 확인하십시오.",
    }
    fn neighbours() {
        en: "Check whether the machine is shared or out of CPU credits (steal time).",
        ko: "장비를 공유하고 있거나 CPU 크레딧이 소진되지 않았는지(steal time) 확인하십시오.",
    }
    fn queries() {
        en: "Trace the slowest requests: often they involve one query, one customer or one product.",
        ko: "가장 느린 요청을 추적하십시오. 특정 쿼리, 사용자, 상품에 몰린 경우가 많습니다.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let all = &context.series;
    let parts = stretches(seconds, &context.evidence.run.phases, SECONDS);
    let tails = all.iter().flat_map(|series| {
        let seconds = &seconds;
        parts.iter().filter_map(move |part| tail(series, &seconds[part.clone()], part.start))
    });
    let worst = tails.max_by(|one, other| one.0.total_cmp(&other.0))?;
    Some(worst.1.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let name = label(finding, "request");
    let of = |name| number(figure(finding, name));
    let at = |name| time(lang, figure(finding, name));
    let is_wide = !has(finding, "stalls");
    let mut evidence = if is_wide {
        wide(lang, name, &at("p99_ms"), &at("p50_ms"))
    } else {
        stalls(lang, name, &of("stalls"), &of("seconds"))
            + &heights(lang, &at("p99_ms"), &at("usual_ms"), &at("p50_ms"))
    };
    if has(finding, "period") {
        evidence += &period(lang, &of("period"));
    }
    let remedies = if is_wide {
        vec![queries(lang), pauses(lang), neighbours(lang)]
    } else {
        vec![pauses(lang), jobs(lang), neighbours(lang)]
    };
    FindingText { title: title(lang, name), evidence, remedies }
}

/// How many times the usual the tail is, and what to say of it.
fn tail(series: &Series, part: &[Second<'_>], first: usize) -> Option<(f64, Draft)> {
    let points: Vec<&Point> = series.points[first..first + part.len()].iter().collect();
    let counts: Vec<f64> = points.iter().map(|point| point.count).collect();
    let p99: Vec<f64> = points.iter().map(|point| point.p99).collect();
    let p50: Vec<f64> = points.iter().map(|point| point.p50).collect();
    let (usual, middle) = (median(&p99)?, median(&p50)?);
    if median(&counts)? < ANSWERS || middle <= 0.0 {
        return None;
    }
    let draft = Draft::new(ID, Severity::Warning).label("request", &series.name).figure("p50_ms", middle);
    let is_stall = |p99: f64| p99 >= STALL * usual && p99 - usual >= FELT;
    let stalled: Vec<usize> = (0..p99.len()).filter(|at| is_stall(p99[*at])).collect();
    let is_steady = mad(&p50)? < STEADY * middle;
    let is_often = stalled.len() >= STALLS && stalled.len() as f64 >= STALLED_SHARE * p99.len() as f64;
    if is_often && is_steady {
        let height = median(&stalled.iter().map(|at| p99[*at]).collect::<Vec<_>>())?;
        let draft = draft
            .figure("stalls", stalled.len() as f64)
            .figure("seconds", part.iter().map(Second::length).sum())
            .figure("p99_ms", height)
            .figure("usual_ms", usual);
        let draft = match cycle(&stalled, part) {
            // A job that runs every so often is how the target always is.
            Some(seconds) if height < UNBEARABLE => draft.severity(Severity::Info).figure("period", seconds),
            Some(seconds) => draft.figure("period", seconds),
            None => draft,
        };
        return Some((height / usual, draft));
    }
    let is_wide = usual >= WIDE * middle && usual >= LONG;
    is_wide.then(|| (usual / middle, draft.figure("p99_ms", usual)))
}

/// The seconds between stalls, where these are always about the same.
fn cycle(stalled: &[usize], part: &[Second<'_>]) -> Option<f64> {
    // Stalls that reach into the next second are one.
    let starts: Vec<f64> = stalled
        .iter()
        .filter(|at| !stalled.contains(&at.wrapping_sub(1)))
        .map(|at| part[*at].start)
        .collect();
    let gaps: Vec<f64> = starts.windows(2).map(|pair| pair[1] - pair[0]).collect();
    let usual = mean(&gaps).filter(|_| gaps.len() >= 3)?;
    gaps.iter().all(|gap| (gap - usual).abs() <= (PERIODIC * usual).max(1.0)).then_some(usual)
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn found(sigma: f64, slower: impl Fn(f64, &mut Rng) -> f64 + 'static) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::LogNormal { median: 10.0, sigma } };
        let simulation = Simulation::of(&[(50.0, Load::Rate(120.0))], 0.0, station)
            .fate(move |at, answer, rng| Answer { ms: answer.ms + slower(at, rng), ..answer });
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn periodic_stalls_are_found() {
        let stall = |at: f64, rng: &mut Rng| if at as u64 % 7 == 3 && rng.f64() < 0.1 { 600.0 } else { 0.0 };
        insta::assert_snapshot!(found(0.5, stall).unwrap().evidence, @"POST /purchase/1: p99 spiked in 12 of 50 seconds, to 612 ms where 34.3 ms is usual, while the median stayed at 10.2 ms. It happened every 7.17 s.");
    }

    #[test]
    fn a_wide_tail_is_found() {
        let finding = found(0.3, |_, rng| if rng.f64() < 0.04 { 2000.0 } else { 0.0 }).unwrap();
        insta::assert_snapshot!(finding.evidence, @"POST /purchase/1: p99 is 2,011 ms although the median is 10.2 ms.");
    }

    #[test]
    fn noise_and_slow_seconds_are_no_tail() {
        assert_eq!(found(0.9, |_, _| 0.0), None);
        assert_eq!(found(0.7, |at, _| if [12, 30].contains(&(at as u64)) { 800.0 } else { 0.0 }), None);
    }
}
