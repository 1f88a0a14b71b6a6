//! `warm-up`: the first seconds are slower than the rest at the same load.
//!
//! Looked at is the first part of the run with one load, if it begins with the run and has twenty seconds. *Usual* is
//! the median over its last 60% of the median time of each second. The run warms up until three seconds in a row are
//! within 30% of that. Reported are warm-ups of three seconds or more in which the median time was at least twice the
//! usual and each of the first three seconds slower than 95% of the rest.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure};
use crate::finding::support::kind::FindingText;
use crate::finding::support::stretch::stretches;
use crate::stats::robust::{median, quantile};
use crate::words::{number, time};

pub(crate) const ID: &str = "warm-up";

const SECONDS: usize = 20;
const LONG_ENOUGH: usize = 3;
const TWICE: f64 = 2.0;
const SETTLED: f64 = 1.3;

/// The fewest requests per second that have a median.
const REQUESTS: f64 = 10.0;

/// A difference that nobody feels is none, in milliseconds.
const FELT: f64 = 2.0;

/// From this factor on customers feel it.
const SEVERE: f64 = 5.0;

messages! {
    fn title(seconds: &str) { en: "The target warms up for {seconds} s", ko: "대상의 워밍업에 {seconds}초가 걸립니다" }
    fn seen(seconds: &str, cold: &str, usual: &str) {
        en: "In the first {seconds} s, the median response time was {cold}; after that it was {usual} at the same load.",
        ko: "같은 부하에서 처음 {seconds}초 동안 응답 시간 중앙값이 {cold}였고 이후에는 {usual}였습니다.",
    }
    fn before() {
        en: "Warm up new instances with similar requests before they receive customer traffic.",
        ko: "새 인스턴스는 고객 트래픽을 받기 전에 유사한 요청으로 워밍업하십시오.",
    }
    fn fill() {
        en: "Fill caches and connection pools when the target starts, not on the first request.",
        ko: "캐시와 커넥션 풀을 첫 요청이 아니라 기동 시점에 미리 채우십시오.",
    }
    fn slowly() {
        en: "Let the load balancer ramp up traffic to new instances gradually (slow start).",
        ko: "로드 밸런서의 slow start로 새 인스턴스의 트래픽을 서서히 늘리십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let part = stretches(seconds, &context.evidence.run.phases, SECONDS).into_iter().next()?;
    if part.start > 0 {
        return None;
    }
    let part = &seconds[part];
    let medians: Vec<f64> = part.iter().map(|second| second.stat(metric::HTTP_REQ_DURATION, "p50")).collect();
    let rest = &medians[medians.len() * 2 / 5..];
    let (usual, slow) = (median(rest)?, quantile(rest, 0.95)?);
    let is_settled = |values: &[f64]| values.iter().all(|value| *value <= SETTLED * usual);
    let length = medians.windows(LONG_ENOUGH).position(is_settled)?;
    let cold = median(&medians[..length])?;
    let first = &part[..LONG_ENOUGH];
    let is_slow = medians[..LONG_ENOUGH].iter().all(|value| *value > slow)
        && first.iter().all(|second| second.requests() >= REQUESTS);
    let is_long = length >= LONG_ENOUGH && length <= medians.len() * 2 / 5;
    if !is_slow || !is_long || cold < TWICE * usual || cold - usual < FELT {
        return None;
    }
    let at_first = median(&medians[..LONG_ENOUGH])?;
    let severity = if at_first >= SEVERE * usual { Severity::Warning } else { Severity::Info };
    let finding = Draft::new(ID, severity)
        .figure("seconds", part[..length].iter().map(Second::length).sum())
        .figure("cold_ms", cold)
        .figure("usual_ms", usual);
    Some(finding.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let seconds = number(figure(finding, "seconds"));
    let (cold, usual) = (time(lang, figure(finding, "cold_ms")), time(lang, figure(finding, "usual_ms")));
    FindingText {
        title: title(lang, &seconds),
        evidence: seen(lang, &seconds, &cold, &usual),
        remedies: vec![before(lang), fill(lang), slowly(lang)],
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn found(slower: impl Fn(f64) -> f64 + 'static) -> Option<Finding> {
        let service = Service::LogNormal { median: 12.0, sigma: 0.7 };
        let station = Station { servers: usize::MAX, service };
        let simulation = Simulation::of(&[(40.0, Load::Rate(80.0))], 0.0, station)
            .fate(move |at, answer, _| Answer { ms: answer.ms * slower(at), ..answer });
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn slow_first_seconds_are_a_warm_up() {
        let finding = found(|at| if at < 6.0 { 3.5 } else { 1.0 }).unwrap();
        assert_eq!((finding.severity, finding.figures["seconds"]), (Severity::Info, 6.0));
        insta::assert_snapshot!(finding.evidence, @"In the first 6 s, the median response time was 43 ms; after that it was 11.8 ms at the same load.");
        let fading = found(|at| 1.0 + 12.0 * (-at / 3.0).exp()).unwrap();
        assert_eq!(fading.severity, Severity::Warning);
    }

    #[test]
    fn one_slow_second_or_slowness_that_stays_is_none() {
        assert_eq!(found(|at| if at < 1.0 { 8.0 } else { 1.0 }), None);
        assert_eq!(found(|at| if at < 25.0 { 3.0 } else { 1.0 }), None);
        assert_eq!(found(|_| 1.0), None);
    }
}
