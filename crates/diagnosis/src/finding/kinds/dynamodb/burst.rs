//! `dynamodb-burst`: a table or an index served more than its provisioned capacity, from capacity it did not use before.
//!
//! Reported where the busiest minute consumed more than was provisioned; critical from 110% on. How long a full burst of
//! 300 s lasts at that rate comes with it: after that, the rest is throttled.

use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::dynamodb::{is_reads, place_name};
use crate::expectation::Utilization;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, label};
use crate::finding::support::kind::FindingText;
use crate::words::{number, percent};

pub(crate) const ID: &str = "dynamodb-burst";

/// From this utilization on it is critical.
const CRITICAL: f64 = 1.1;

/// How many tables and indexes are named.
const PLACES: usize = 3;

messages! {
    fn title(place: &str) {
        en: "The load lives on the burst of {place}",
        ko: "{place}의 버스트 용량으로 버틴 부하입니다",
    }
    fn reads(place: &str, consumed: &str, provisioned: &str, share: &str) {
        en: "Reads from {place} consumed {consumed} RCU/s in the busiest minute, {share}% of the {provisioned} provisioned.",
        ko: "{place} 읽기가 가장 바쁜 1분 동안 초당 {consumed} RCU를 소비했습니다(프로비저닝 {provisioned}의 {share}%).",
    }
    fn writes(place: &str, consumed: &str, provisioned: &str, share: &str) {
        en: "Writes to {place} consumed {consumed} WCU/s in the busiest minute, {share}% of the {provisioned} provisioned.",
        ko: "{place} 쓰기가 가장 바쁜 1분 동안 초당 {consumed} WCU를 소비했습니다(프로비저닝 {provisioned}의 {share}%).",
    }
    fn empty(seconds: &str) {
        en: " A full burst is empty after {seconds} s at this rate.",
        ko: " 이 속도라면 버스트 용량이 가득 차 있어도 {seconds}초 만에 소진됩니다.",
    }
    fn why() {
        en: "DynamoDB saves up at most 300 s of unused capacity, and does not promise to keep it: what a short test gets from it, the event will not.",
        ko: "DynamoDB는 사용하지 않은 용량을 최대 300초분까지만 보관하며 이를 보장하지도 않습니다. 짧은 테스트에서 얻은 여유를 실제 이벤트에서는 기대할 수 없습니다.",
    }
    fn raise(places: &str) {
        en: "Raise the provisioned capacity before the event: {places}.",
        ko: "이벤트 전에 프로비저닝 용량을 늘리십시오: {places}.",
    }
    fn longer() {
        en: "Then test again, for longer than the burst lasts.",
        ko: "그런 다음 버스트가 소진되는 시간보다 길게 다시 테스트하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let capacity = context.evidence.results?.capacity.as_ref()?;
    let above: Vec<Utilization<'_>> =
        Utilization::all(&capacity.lines).into_iter().filter(|one| one.share() > 1.0).collect();
    let worst = above.first()?;
    let severity = if worst.share() >= CRITICAL { Severity::Critical } else { Severity::Warning };
    let mut draft = Draft::new(ID, severity);
    for (at, one) in above.iter().take(PLACES).enumerate() {
        let n = at + 1;
        draft = draft
            .label(&format!("place_{n}"), place_name(&one.line.table, one.line.index.as_deref()))
            .label(&format!("kind_{n}"), if is_reads(one.line.kind) { "read" } else { "write" })
            .figure(&format!("consumed_{n}"), one.consumed)
            .figure(&format!("provisioned_{n}"), one.provisioned)
            .figure(&format!("recommended_{n}"), one.line.recommended as f64)
            .figure(&format!("burst_seconds_{n}"), one.burst_lasts().unwrap_or_default());
    }
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (mut evidence, mut goals) = (Vec::new(), Vec::new());
    for n in 1..=PLACES {
        let of = |name: &str| figure(finding, &format!("{name}_{n}"));
        let place = label(finding, &format!("place_{n}"));
        if place.is_empty() {
            break;
        }
        let (consumed, provisioned) = (number(of("consumed")), number(of("provisioned")));
        let share = percent(100.0 * of("consumed") / of("provisioned"));
        let is_reads = label(finding, &format!("kind_{n}")) == "read";
        let said = if is_reads { reads } else { writes };
        let burst = of("burst_seconds");
        let rest = if burst > 0.0 { empty(lang, &number(burst)) } else { String::new() };
        evidence.push(said(lang, place, &consumed, &provisioned, &share) + &rest);
        goals.push(format!("{place} {} {}", number(of("recommended")), if is_reads { "RCU" } else { "WCU" }));
    }
    FindingText {
        title: title(lang, label(finding, "place_1")),
        evidence: evidence.join(" "),
        remedies: vec![raise(lang, &goals.join(", ")), why(lang), longer(lang)],
    }
}
