//! `breaking-point`: from some load on, more users get no more throughput.
//!
//! This is the judgement's breaking point in words. It is good to know where the test was to find it, and a warning where
//! it was not.

use flashcrowd_record::{BreakingPoint, Finding, Judgement, Severity, StepResult};
use flashcrowd_text::{Lang, figure as shown, messages};

use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::words::{number, time};

pub(crate) const ID: &str = "breaking-point";

/// The expectation of a test that looks for it.
const WANTED: &str = "identify_breaking_point";

messages! {
    fn title_users(users: &str, tps: &str) {
        en: "The target breaks beyond {users}, at {tps} requests/s",
        ko: "임계점은 사용자 {users}, 초당 요청 {tps}건입니다",
    }
    fn title_rate(rate: &str, tps: &str) {
        en: "The target breaks beyond {rate}, at {tps} requests/s",
        ko: "임계점은 반복 {rate}, 초당 요청 {tps}건입니다",
    }
    fn latency() {
        en: "Beyond that, throughput no longer grows and response times rise",
        ko: "그 이상에서는 처리량이 늘지 않고 응답 시간이 증가합니다",
    }
    fn errors() {
        en: "Beyond that, throughput no longer grows and errors rise",
        ko: "그 이상에서는 처리량이 늘지 않고 오류율이 증가합니다",
    }
    fn dropped() {
        en: "Beyond that, the configured rate is not reached and iterations are dropped",
        ko: "그 이상에서는 설정한 처리율에 도달하지 못하고 반복이 누락됩니다",
    }
    fn p95(held: &str, good: &str, broke: &str, bad: &str) {
        en: " (p95 {good} at {held}, {bad} at {broke})",
        ko: "(p95: {held}일 때 {good}, {broke}일 때 {bad})",
    }
    fn peak(users: &str, tps: &str) {
        en: " The fitted scalability law has its peak at {users} and {tps} requests/s.",
        ko: " 확장성 법칙(USL) 적합 결과 최대 처리량은 사용자 {users}에서 초당 {tps}건입니다.",
    }
    fn below() {
        en: "Stay below this load with the current setup, and hold back anything above it with a waiting room.",
        ko: "현재 구성으로는 이 부하 이하로 운영하고 초과분은 대기열로 제어하십시오.",
    }
    fn scale() {
        en: "If more is expected, scale out before the event and repeat the test: the breaking point should move accordingly.",
        ko: "더 많은 트래픽이 예상되면 이벤트 전에 스케일 아웃하고 다시 테스트하여 임계점이 그만큼 올라가는지 확인하십시오.",
    }
    fn find() {
        en: "Find the bottleneck with the help of the other findings and the target's own metrics at that load.",
        ko: "다른 진단 결과와 해당 부하에서의 대상 지표로 어느 자원이 한계였는지 찾으십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let point = context.judgement.breaking_point.as_ref()?;
    if context.is_generator_to_blame {
        return None;
    }
    let is_wanted = context.evidence.run.expected.iter().any(|expected| expected.name == WANTED);
    let severity = if is_wanted { Severity::Info } else { Severity::Warning };
    let draft = Draft::new(ID, severity).label("symptom", &point.symptom).label("method", &point.method);
    let load = if point.is_users { "users" } else { "rate" };
    let draft = draft.figure(load, point.load).figure("tps", point.tps);
    Some(with_steps(draft, point, context.judgement).finding(text))
}

fn with_steps(draft: Draft, point: &BreakingPoint, judgement: &Judgement) -> Draft {
    let step = |at| judgement.steps.get(at);
    let draft = match (point.held.and_then(step), step(point.step)) {
        (Some(held), Some(broke)) if broke.p95 > held.p95 && point.symptom == "latency" => draft
            .figure("held_load", ordered(held))
            .figure("p95_before_ms", held.p95)
            .figure("broke_load", ordered(broke))
            .figure("p95_ms", broke.p95),
        _ => draft,
    };
    let peak = point.usl.as_ref().filter(|_| point.method == "usl");
    match peak.and_then(|usl| Some((usl.peak_users?, usl.peak_tps))) {
        Some((users, tps)) => draft.figure("peak_users", users).figure("peak_tps", tps),
        None => draft,
    }
}

/// The load that a step ordered.
fn ordered(step: &StepResult) -> f64 {
    step.users.map(|users| users as f64).or(step.rate).unwrap_or(step.vus)
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let is_users = !has(finding, "rate");
    let load = |name| shown::load(lang, figure(finding, name), is_users);
    let title = if is_users {
        title_users(lang, &load("users"), &of("tps"))
    } else {
        title_rate(lang, &load("rate"), &of("tps"))
    };
    let mut evidence = match label(finding, "symptom") {
        "errors" => errors(lang),
        "dropped" => dropped(lang),
        _ => latency(lang),
    };
    if has(finding, "held_load") {
        let (good, bad) =
            (time(lang, figure(finding, "p95_before_ms")), time(lang, figure(finding, "p95_ms")));
        evidence += &p95(lang, &load("held_load"), &good, &load("broke_load"), &bad);
    }
    evidence += ".";
    if has(finding, "peak_users") {
        evidence += &peak(lang, &load("peak_users"), &of("peak_tps"));
    }
    FindingText { title, evidence, remedies: vec![below(lang), scale(lang), find(lang)] }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Expected;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    #[test]
    fn the_breaking_point_is_put_into_words() {
        let station = Station { servers: 1, service: Service::Fixed(1.0) };
        let mut record = Simulation::of(&[(1.0, Load::Users(1))], 0.0, station).run();
        let step = |users, p95| StepResult { users: Some(users), p95, ..StepResult::default() };
        let judgement = Judgement {
            steps: vec![step(10, 40.0), step(20, 52.0), step(25, 52.0), step(30, 140.0)],
            breaking_point: Some(BreakingPoint {
                step: 3,
                held: Some(1),
                load: 20.0,
                tps: 398.0,
                is_users: true,
                method: "change-point".to_owned(),
                symptom: "latency".to_owned(),
                usl: None,
            }),
            ..Judgement::default()
        };
        let finding = look(&context(&record, &judgement)).unwrap();
        insta::assert_snapshot!(text(Lang::En, &finding).title, @"The target breaks beyond 20 users, at 398 requests/s");
        insta::assert_snapshot!(finding.evidence, @"Beyond that, throughput no longer grows and response times rise (p95 52 ms at 20 users, 140 ms at 30 users).");
        assert_eq!(finding.severity, Severity::Warning);
        record.run.expected = vec![Expected { name: WANTED.to_owned(), target: "true".to_owned() }];
        assert_eq!(look(&context(&record, &judgement)).unwrap().severity, Severity::Info);
        assert_eq!(look(&context(&record, &Judgement::default())), None);
    }
}
