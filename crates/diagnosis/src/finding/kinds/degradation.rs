//! `latency-degradation`: the target becomes slower under a load that does not change.
//!
//! Judged as the expectation `performance_degradation` is: reported from 10%, over at least two minutes.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::expectation::judged;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, label};
use crate::finding::support::kind::FindingText;
use crate::words::{number, percent, time};

pub(crate) const ID: &str = "latency-degradation";

/// In less time it may be chance.
const SHORTEST: f64 = 120.0;

/// A smaller change does not matter, in percent.
const MATTERS: f64 = 10.0;

messages! {
    fn title(by: &str) { en: "The target became {by}% slower over time", ko: "시간이 지나면서 성능이 {by}% 저하되었습니다" }
    fn seen(what: &str, from: &str, to: &str, seconds: &str) {
        en: "{what} went from {from} to {to} during {seconds} s of steady load.",
        ko: "일정 부하 {seconds}초 동안 {what} 값이 {from}에서 {to}로 변했습니다.",
    }
    fn data() {
        en: "Check what grows over time: tables without a suitable index, queues, logs, sessions.",
        ko: "시간에 따라 커지는 것을 확인하십시오. 인덱스가 없는 테이블, 큐, 로그, 세션 등이 해당됩니다.",
    }
    fn memory() {
        en: "Compare with memory and garbage collection over the same time.",
        ko: "같은 시간대의 메모리 사용량과 GC 빈도를 비교하십시오.",
    }
    fn credits() {
        en: "On machines with CPU credits, check whether they ran out.",
        ko: "버스트 크레딧 기반 장비라면 CPU 크레딧이 소진되지 않았는지 확인하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let result =
        judged(&context.evidence, &context.course, context.judgement, "performance_degradation", "< 10%");
    let of = |name: &str| result.figures.get(name).copied();
    let by = result.value.filter(|by| *by >= MATTERS)?;
    if result.note != "slower" || of("seconds")? < SHORTEST {
        return None;
    }
    let draft = Draft::new(ID, Severity::Warning)
        .label("what", result.labels.get("what").cloned().unwrap_or_default())
        .figure("by_percent", by)
        .figure("from", of("from")?)
        .figure("to", of("to")?)
        .figure("seconds", of("seconds")?);
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let what = label(finding, "what");
    let shown = |name| match what {
        "tps" => format!("{}/s", number(figure(finding, name))),
        _ => time(lang, figure(finding, name)),
    };
    let seconds = number(figure(finding, "seconds"));
    FindingText {
        title: title(lang, &percent(figure(finding, "by_percent"))),
        evidence: seen(lang, what, &shown("from"), &shown("to"), &seconds),
        remedies: vec![data(lang), memory(lang), credits(lang)],
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn found(length: f64, slower: f64) -> Option<Finding> {
        let service = Service::LogNormal { median: 20.0, sigma: 0.5 };
        let station = Station { servers: usize::MAX, service };
        let simulation = Simulation::of(&[(length, Load::Rate(60.0))], 0.0, station)
            .fate(move |at, answer, _| Answer { ms: answer.ms * (1.0 + slower * at / 200.0), ..answer });
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn slowness_that_grows_is_found() {
        let finding = found(200.0, 0.6).unwrap();
        assert!((30.0..70.0).contains(&finding.figures["by_percent"]), "{finding:?}");
    }

    #[test]
    fn a_steady_or_short_run_has_none() {
        assert_eq!(found(200.0, 0.0), None);
        assert_eq!(found(60.0, 0.6), None);
    }
}
