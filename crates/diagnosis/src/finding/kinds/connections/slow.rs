//! `slow-connections`: opening connections costs a large part of the time, or they are not kept.
//!
//! Two symptoms, over the whole run without its first five seconds. *Not kept*: in more than half of the seconds the
//! median of `http_req_connecting` is above zero, so most requests opened a connection of their own; not reported when
//! the test asked for that. *Slow*: `http_req_blocked`, which contains connecting and TLS, is a quarter or more of the
//! whole time of requests, and 10 ms or more on average.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has};
use crate::finding::support::kind::FindingText;
use crate::words::{percent, time};

pub(crate) const ID: &str = "slow-connections";

/// At the start everybody connects.
const START: usize = 5;

/// With less there is nothing to say.
const SECONDS: usize = 10;
const REQUESTS: f64 = 200.0;

const SHARE: f64 = 0.25;
const SLOW: f64 = 10.0;

messages! {
    fn title_kept() { en: "Connections are not reused", ko: "커넥션이 재사용되지 않습니다(keep-alive 미동작)" }
    fn title_slow() { en: "Opening connections is slow", ko: "커넥션 연결이 느립니다" }
    fn not_kept(seconds: &str) {
        en: "In {seconds}% of the seconds, most requests opened a new connection.",
        ko: "전체 구간의 {seconds}%에서 대부분의 요청이 새 커넥션을 열었습니다.",
    }
    fn cost(blocked: &str, share: &str, connecting: &str, tls: &str) {
        en: "It took {blocked} on average before a request could be sent ({connecting} connecting, {tls} TLS), {share}% of its total time.",
        ko: "요청 전송까지 평균 {blocked}(연결 {connecting}, TLS {tls})가 걸려 전체 시간의 {share}%를 차지했습니다.",
    }
    fn keep() {
        en: "Enable keep-alive in the target and in all proxies in front of it, with an idle timeout longer than the pause between requests.",
        ko: "대상 서버와 앞단 프록시의 keep-alive를 켜고 유휴 타임아웃을 요청 간격보다 길게 설정하십시오.",
    }
    fn network() {
        en: "Test from the same network, and check the accept backlog and the connection limits of the load balancer.",
        ko: "같은 네트워크에서 테스트하고 로드 밸런서의 accept 백로그와 최대 연결 수를 확인하십시오.",
    }
    fn tls_cost() {
        en: "Use TLS 1.3 with session resumption, and terminate TLS where CPU time is available.",
        ko: "TLS 1.3과 세션 재사용을 적용하고 TLS 종료를 CPU 여유가 있는 곳에서 처리하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    if context.is_generator_to_blame {
        return None;
    }
    let seconds = &context.seconds;
    let part: Vec<&Second<'_>> =
        seconds.iter().skip(START).filter(|second| second.requests() > 0.0).collect();
    let total = |metric| part.iter().map(|second| second.stat(metric, "sum")).sum::<f64>();
    let requests: f64 = part.iter().map(|second| second.requests()).sum();
    if part.len() < SECONDS || requests < REQUESTS {
        return None;
    }
    let opened = part.iter().filter(|second| second.stat(metric::HTTP_REQ_CONNECTING, "p50") > 0.0).count();
    let (blocked, duration) = (total(metric::HTTP_REQ_BLOCKED), total(metric::HTTP_REQ_DURATION));
    let share = blocked / (blocked + duration);
    let is_ordered = ["noConnectionReuse", "noVUConnectionReuse"]
        .iter()
        .any(|option| context.evidence.run.options[*option].as_bool() == Some(true));
    let is_kept = is_ordered || opened * 2 <= part.len();
    let is_slow = share >= SHARE && blocked / requests >= SLOW;
    if is_kept && !is_slow {
        return None;
    }
    let mut draft = Draft::new(ID, Severity::Warning)
        .figure("blocked_ms", blocked / requests)
        .figure("connecting_ms", total(metric::HTTP_REQ_CONNECTING) / requests)
        .figure("tls_ms", total(metric::HTTP_REQ_TLS_HANDSHAKING) / requests)
        .figure("share", share);
    if !is_kept {
        draft = draft.figure("opened_share", opened as f64 / part.len() as f64);
    }
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| time(lang, figure(finding, name));
    let share = percent(100.0 * figure(finding, "share"));
    let is_kept = !has(finding, "opened_share");
    let cost = cost(lang, &of("blocked_ms"), &share, &of("connecting_ms"), &of("tls_ms"));
    let evidence = if is_kept {
        cost
    } else {
        format!("{} {cost}", not_kept(lang, &percent(100.0 * figure(finding, "opened_share"))))
    };
    let title = if is_kept { title_slow(lang) } else { title_kept(lang) };
    let mut remedies =
        if is_kept { vec![network(lang), keep(lang)] } else { vec![keep(lang), network(lang)] };
    if figure(finding, "tls_ms") > 0.0 {
        remedies.push(tls_cost(lang));
    }
    FindingText { title, evidence, remedies }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(connecting: f64, p50: f64, reuse: bool) -> Option<Finding> {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let mut record = Simulation::of(&[(30.0, Load::Rate(50.0))], 0.0, station).run();
        record.run.options = serde_json::json!({ "noConnectionReuse": !reuse });
        for line in &mut record.timeline {
            let count = line.stat("http_reqs", "sum").unwrap();
            for metric in ["http_req_blocked", "http_req_connecting"] {
                let stats = [("count", count), ("sum", connecting * count), ("p50", p50)];
                line.metrics.insert(metric.to_owned(), stats.into());
            }
        }
        look(&context(&record, &Judgement::default()))
    }

    #[test]
    fn connections_that_are_not_kept_are_found() {
        insta::assert_snapshot!(found(1.5, 1.4, true).unwrap().evidence, @"In 100% of the seconds, most requests opened a new connection. It took 1.5 ms on average before a request could be sent (1.5 ms connecting, 0 ms TLS), 6.98% of its total time.");
        assert_eq!(found(1.5, 1.4, false), None);
    }

    #[test]
    fn slow_ones_are_found_and_others_are_not() {
        assert!(found(15.0, 0.0, true).is_some());
        assert_eq!(found(0.3, 0.0, true), None);
        assert_eq!(found(6.0, 0.0, true), None);
    }
}
