//! `resent-requests`: the target closed connections that were kept open under requests, and these were sent again.
//!
//! At least ten, and 1% of all requests. A few come of a target that closes idle connections in the moment in which they
//! are used; they are only counted. What was sent again is one request in every figure, with the time of all attempts.

use flashcrowd_metrics::names::metric;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure};
use crate::finding::support::kind::FindingText;
use crate::words::{number, percent};

pub(crate) const ID: &str = "resent-requests";

const COUNT: f64 = 10.0;
const SHARE: f64 = 0.01;

messages! {
    fn title(count: &str) { en: "{count} requests were sent again", ko: "요청 {count}건이 다시 전송되었습니다" }
    fn seen(count: &str, requests: &str, share: &str) {
        en: "The target closed {count} kept-alive connections without answering the request on them; each of these requests was sent again on another connection ({share}% of {requests}). They do not count as failed, so the target served less than the error rate says.",
        ko: "대상이 응답 없이 keep-alive 연결 {count}개를 닫아 해당 요청을 다른 연결로 다시 보냈습니다(요청 {requests}건의 {share}%). 이 요청은 실패로 집계되지 않으므로 대상의 실제 성공률은 오류율에 나타난 것보다 낮습니다.",
    }
    fn timeouts() {
        en: "Check why the target, or the load balancer in front of it, closes connections: restarts, crashes of workers, a keep-alive timeout shorter than the pauses between requests, or a limit of requests per connection.",
        ko: "대상이나 앞단 로드 밸런서가 연결을 닫는 이유를 확인하십시오. 재시작, 워커 비정상 종료, 요청 간격보다 짧은 keep-alive 타임아웃, 연결당 요청 수 제한일 수 있습니다.",
    }
    fn switch_off() {
        en: "Run with --no-resend (plans: resend: false) to count these requests as failed.",
        ko: "이러한 요청을 실패로 집계하려면 --no-resend(플랜에서는 resend: false)로 실행하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let sum =
        |metric: &str| context.all_seconds.iter().map(|second: &Second<'_>| second.stat(metric, "sum")).sum();
    let (resent, requests): (f64, f64) = (sum(metric::HTTP_REQS_RESENT), sum(metric::HTTP_REQS));
    if resent < COUNT || resent < SHARE * requests {
        return None;
    }
    let draft = Draft::new(ID, Severity::Warning).figure("resent", resent).figure("requests", requests);
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let (resent, requests) = (figure(finding, "resent"), figure(finding, "requests"));
    let share = percent(100.0 * resent / requests.max(1.0));
    FindingText {
        title: title(lang, &number(resent)),
        evidence: seen(lang, &number(resent), &number(requests), &share),
        remedies: vec![timeouts(lang), switch_off(lang)],
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Load, Service, Simulation, Station};

    #[test]
    fn one_in_a_hundred_is_found_and_fewer_are_not() {
        for (each_second, expected) in [(0.0, false), (0.9, false), (1.5, true), (50.0, true)] {
            let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
            let mut record = Simulation::of(&[(30.0, Load::Rate(100.0))], 0.0, station).run();
            for line in &mut record.timeline {
                line.metrics.insert("http_reqs_resent".to_owned(), [("sum", each_second)].into());
            }
            let found = look(&context(&record, &Judgement::default()));
            assert_eq!(found.is_some(), expected, "{each_second} {found:?}");
        }
    }
}
