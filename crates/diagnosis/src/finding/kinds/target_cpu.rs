//! `target-cpu-saturated`: the target uses all the CPU cores it has.
//!
//! The number of cores is not known, so saturation is seen by its use: under load it stays within 6% of a whole number
//! of CPU cores for at least ten seconds, in a part of the run in which requests take at least twice as long as in the
//! lightest. On a machine that it shares with the generator, `generator-bottleneck` comes first.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure};
use crate::finding::support::kind::FindingText;
use crate::finding::support::stretch::{stretches, target_rate};
use crate::stats::robust::{mean, quantile};
use crate::words::{number, time};

pub(crate) const ID: &str = "target-cpu-saturated";

/// CPU usage is steady over at least this many seconds.
const SECONDS: usize = 10;

/// How near CPU usage has to be to a whole number of cores.
const NEAR: f64 = 0.06;

/// How many times longer requests take when no CPU core is free.
const SLOWDOWN: f64 = 2.0;

messages! {
    fn title() { en: "The target's CPU is saturated", ko: "대상 CPU가 포화되었습니다" }
    fn seen(used: &str, cores: &str, seconds: &str, latency: &str, light: &str) {
        en: "For {seconds} s, the target used {used} CPU core(s), which suggests that it has {cores}, and the mean response time was {latency} instead of {light}.",
        ko: "대상 CPU 사용량이 {seconds}초 동안 코어 {used}개(한도 {cores}개로 추정)에 머물렀고, 평균 응답 시간이 {light}에서 {latency}로 늘었습니다.",
    }
    fn scale() {
        en: "Scale out, or give the target more CPU cores. Do so before the event, because new instances take time to start.",
        ko: "스케일 아웃하거나 CPU를 늘리십시오. 새 인스턴스는 준비에 시간이 걸리므로 이벤트 전에 미리 늘립니다.",
    }
    fn workers() {
        en: "If it uses only one of several cores, run one worker process per core.",
        ko: "여러 코어 중 하나만 사용한다면 코어 수만큼 워커 프로세스를 실행하십시오.",
    }
    fn profile() {
        en: "Profile it under this load and optimise what uses most of the time: serialisation, logging, queries.",
        ko: "이 부하에서 프로파일링하여 직렬화, 로깅, 쿼리 등 CPU를 많이 쓰는 코드를 최적화하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let means: Vec<f64> = seconds.iter().filter_map(latency).collect();
    let light = quantile(&means, 0.05).filter(|light| *light > 0.0)?;
    let parts = stretches(seconds, &context.evidence.run.phases, SECONDS + 1);
    let saturated = parts.into_iter().filter_map(|part| {
        let part = &seconds[part];
        let used = use_of(part)?;
        let latency = mean(&part.iter().filter_map(latency).collect::<Vec<_>>())?;
        (latency >= SLOWDOWN * light).then_some((part, used, latency))
    });
    let (part, used, latency) = saturated.max_by(|one, other| one.1.total_cmp(&other.1))?;
    let finding = Draft::new(ID, Severity::Warning)
        .figure("used", used)
        .figure("cores", used.round().max(1.0))
        .figure("seconds", part.iter().map(Second::length).sum())
        .figure("latency_ms", latency)
        .figure("light_ms", light);
    Some(finding.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let (latency, light) = (time(figure(finding, "latency_ms")), time(figure(finding, "light_ms")));
    let used = format!("{:.2}", figure(finding, "used"));
    let evidence = seen(lang, &used, &of("cores"), &of("seconds"), &latency, &light);
    FindingText { title: title(lang), evidence, remedies: vec![scale(lang), workers(lang), profile(lang)] }
}

fn latency(second: &Second<'_>) -> Option<f64> {
    let count = second.stat(metric::HTTP_REQ_DURATION, "count");
    (count > 0.0).then(|| second.stat(metric::HTTP_REQ_DURATION, "sum") / count)
}

/// How many CPU cores the target used in this part, if it is all it has: a whole number throughout.
fn use_of(part: &[Second<'_>]) -> Option<f64> {
    let whole = target_rate(part.first()?, part.last()?, "process_cpu_seconds_total")?;
    let cores = whole.round().max(1.0);
    // Blocks of seconds, since a counter that is read once a second is read now early, now late.
    let blocks: Vec<f64> = part
        .windows(6)
        .step_by(5)
        .filter_map(|block| target_rate(block.first()?, block.last()?, "process_cpu_seconds_total"))
        .collect();
    let is_near = |used: &f64| (used - cores).abs() <= NEAR * cores;
    (blocks.len() >= 2 && is_near(&whole) && blocks.iter().all(is_near)).then_some(whole)
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(servers: usize, cpu: impl Fn(usize, f64) -> f64) -> Option<Finding> {
        let steps = [1, 4, 20].map(|users| (20.0, Load::Users(users)));
        let mut record =
            Simulation::of(&steps, 0.0, Station { servers, service: Service::Fixed(10.0) }).run();
        let mut used = 0.0;
        for (at, line) in record.timeline.iter_mut().enumerate() {
            used += cpu(at, line.scenarios[0].vus as f64);
            line.target.insert("process_cpu_seconds_total".to_owned(), used);
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn a_target_that_computes_all_the_time_is_saturated() {
        let jitter = |at: usize| if at.is_multiple_of(2) { 0.08 } else { -0.08 };
        let finding = found(2, |at, users| users.min(1.98) + jitter(at)).unwrap();
        insta::assert_snapshot!(finding.evidence, @"For 20 s, the target used 1.98 CPU core(s), which suggests that it has 2, and the mean response time was 99.7 ms instead of 10 ms.");
    }

    #[test]
    fn neither_a_fraction_nor_speed_is_saturation() {
        assert_eq!(found(2, |_, users| users.min(1.5)), None);
        assert_eq!(found(2, |at, _| 2.0 + (at as f64 / 6.0).sin()), None);
        assert_eq!(found(usize::MAX, |_, _| 1.0), None);
    }
}
