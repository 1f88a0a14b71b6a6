//! `memory-leak`: the target's memory grows under a load that does not.
//!
//! Judged as the expectation `memory_leak` is, over at least a minute.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::expectation::judged;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, label};
use crate::finding::support::kind::FindingText;
use crate::words::{megabytes, number};

pub(crate) const ID: &str = "memory-leak";

/// In less time memory still fills.
const SHORTEST: f64 = 60.0;

messages! {
    fn title(rate: &str) { en: "Target memory grows by {rate} MB per minute", ko: "대상 메모리가 분당 {rate} MB씩 증가합니다" }
    fn seen(series: &str, from: &str, to: &str, seconds: &str) {
        en: "{series} rose from {from} to {to} during {seconds} s of steady load, and was still rising at the end.",
        ko: "일정 부하 {seconds}초 동안 {series} 값이 {from}에서 {to}로 늘었고 마지막까지 증가했습니다.",
    }
    fn heap() {
        en: "Compare two heap dumps, one from the beginning and one from the end: look for caches, sessions and listeners that are never released.",
        ko: "시작과 끝의 힙 덤프를 비교하여 해제되지 않는 캐시, 세션, 리스너를 찾으십시오.",
    }
    fn bound() {
        en: "Give every cache and queue a maximum size.",
        ko: "모든 캐시와 큐에 최대 크기를 설정하십시오.",
    }
    fn restart() {
        en: "Until that is fixed, restart instances one at a time before their memory is full.",
        ko: "해결 전까지는 메모리가 가득 차기 전에 인스턴스를 순차적으로 재시작하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let result = judged(&context.evidence, &context.course, context.judgement, "memory_leak", "false");
    let of = |name: &str| result.figures.get(name).copied();
    if !result.note.starts_with("leak") || of("seconds")? < SHORTEST {
        return None;
    }
    let draft = Draft::new(ID, Severity::Warning)
        .label("series", result.labels.get("series").cloned().unwrap_or_default())
        .figure("from_bytes", of("from")?)
        .figure("to_bytes", of("to")?)
        .figure("megabytes_per_minute", of("per_minute")?)
        .figure("seconds", of("seconds")?);
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (from, to) = (megabytes(figure(finding, "from_bytes")), megabytes(figure(finding, "to_bytes")));
    let seconds = number(figure(finding, "seconds"));
    FindingText {
        title: title(lang, &number(figure(finding, "megabytes_per_minute"))),
        evidence: seen(lang, label(finding, "series"), &from, &to, &seconds),
        remedies: vec![heap(lang), bound(lang), restart(lang)],
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station, normal};

    fn found(seconds: f64, per_second: f64) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let mut record = Simulation::of(&[(seconds, Load::Users(5))], 100.0, station).run();
        let mut rng = fastrand::Rng::with_seed(3);
        for line in &mut record.timeline {
            let bytes = 80e6 + per_second * line.load.unwrap() + 1e6 * normal(&mut rng);
            line.target.insert("process_resident_memory_bytes".to_owned(), bytes);
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn a_megabyte_a_second_is_a_leak() {
        let finding = found(180.0, 1e6).unwrap();
        assert!((finding.figures["megabytes_per_minute"] - 60.0).abs() < 6.0, "{finding:?}");
        assert!(text(Lang::Ko, &finding).evidence.contains("process_resident_memory_bytes"));
    }

    #[test]
    fn steady_memory_and_short_runs_are_none() {
        assert_eq!(found(180.0, 0.0), None);
        assert_eq!(found(45.0, 1e6), None);
    }
}
