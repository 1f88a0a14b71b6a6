//! `throttling`: the target, or something in front of it, refuses what is above a fixed rate.
//!
//! A 429 is unambiguous: it is reported from 1% of the requests and 20 responses. 503 may mean anything, and
//! is taken for throttling only if in at least ten seconds the rate of successful responses stayed flat (it varied by 10% or no
//! more than chance makes it) below 80% of the offered load, while that varied by 30%.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::course::Second;
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::row::{is_load, tag};
use crate::stats::robust::{mean, quantile};
use crate::words::{number, percent};

pub(crate) const ID: &str = "throttling";

const SHARE: f64 = 0.01;
const COUNT: f64 = 20.0;

/// The fewest seconds in which the rate was flat.
const SECONDS: usize = 10;

/// Successful responses are fewer than this share of the requests.
const CUT: f64 = 0.8;

/// A flat rate varies by this share, beyond what chance adds.
const FLAT: f64 = 0.1;

/// What was asked for varied by this factor.
const VARIED: f64 = 1.3;

messages! {
    fn title(status: &str) { en: "Requests are throttled ({status})", ko: "요청이 제한(스로틀링)되고 있습니다({status})" }
    fn refused(share: &str, status: &str, second: &str) {
        en: "From second {second}, {share}% of the requests were rejected with {status}.",
        ko: "{second}초부터 요청의 {share}%가 {status}로 거부되었습니다.",
    }
    fn flat(rate: &str, asked: &str) {
        en: " Successful responses stayed at {rate}/s while {asked}/s were requested: that is the limit.",
        ko: " 초당 {asked}건을 요청했지만 성공 응답은 초당 {rate}건으로 일정했습니다. 이 값이 제한값입니다.",
    }
    fn raise() {
        en: "Ask for a higher limit before the event: of the gateway, the firewall, or the provider's quota.",
        ko: "이벤트 전에 게이트웨이, 방화벽(WAF), 클라우드 서비스 할당량의 제한값 상향을 요청하십시오.",
    }
    fn per_address() {
        en: "If the limit is per address, test from several addresses, because real customers have their own.",
        ko: "IP별 제한이라면 여러 주소에서 테스트하십시오. 실제 고객은 각자 다른 주소를 사용합니다.",
    }
    fn back_off() {
        en: "Have clients honour Retry-After and retry with exponential backoff and jitter.",
        ko: "클라이언트는 Retry-After를 지키고 지수 백오프와 지터를 적용해 재시도하십시오.",
    }
}

/// Refusals with one status.
struct Refusals {
    status: &'static str,
    share: f64,
    first: usize,
    limit: Option<Limit>,
}

/// A rate of successful responses that stayed flat.
#[derive(Clone, Copy)]
struct Limit {
    /// Successful responses per second.
    rate: f64,
    /// Requests per second.
    asked: f64,
    /// Whether it stayed flat while more was asked for.
    is_proven: bool,
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let seconds = &context.seconds;
    let found = refusals(seconds).into_iter().max_by(|one, other| one.share.total_cmp(&other.share))?;
    let mut draft = Draft::new(ID, Severity::Warning)
        .label("status", found.status)
        .figure("share", found.share)
        .figure("second", seconds[found.first].start.floor());
    if let Some(Limit { rate, asked, .. }) = found.limit {
        draft = draft.figure("rate", rate).figure("asked", asked);
    }
    Some(draft.finding(text))
}

/// The statuses that throttling answers with in this run.
pub(crate) fn statuses(seconds: &[Second<'_>]) -> Vec<&'static str> {
    // Some answers 429 are too few to report, and still no errors of the target.
    let by_limit = refusals(seconds).into_iter().map(|refusals| refusals.status);
    by_limit.filter(|status| *status != "429").chain(["429"]).collect()
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let status = label(finding, "status");
    let mut evidence = refused(lang, &percent(100.0 * figure(finding, "share")), status, &of("second"));
    if has(finding, "rate") {
        evidence += &flat(lang, &of("rate"), &of("asked"));
    }
    let remedies = vec![raise(lang), back_off(lang), per_address(lang)];
    FindingText { title: title(lang, status), evidence, remedies }
}

fn refusals(seconds: &[Second<'_>]) -> Vec<Refusals> {
    let found = ["429", "503"].into_iter().filter_map(|status| {
        let counts: Vec<f64> = seconds.iter().map(|second| count(second, status)).collect();
        let first = counts.iter().position(|count| *count > 0.0)?;
        let requests: f64 = seconds[first..].iter().map(|second| second.requests()).sum();
        let refused: f64 = counts.iter().sum();
        let limit = limit(seconds, &counts);
        let is_many = refused >= COUNT && refused >= SHARE * requests;
        let is_throttling = status == "429" || limit.is_some_and(|limit| limit.is_proven);
        (is_many && is_throttling).then(|| Refusals { status, share: refused / requests, first, limit })
    });
    found.collect()
}

fn count(second: &Second<'_>, status: &str) -> f64 {
    let rows = second.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQS && is_load(row));
    rows.filter(|row| tag(row, names::tag::STATUS) == status).map(|row| row.stats.value("sum")).sum()
}

/// The flat rate of successful responses where requests were refused.
fn limit(seconds: &[Second<'_>], refused: &[f64]) -> Option<Limit> {
    let there: Vec<&Second<'_>> =
        seconds.iter().zip(refused).filter(|(_, count)| **count > 0.0).map(|(second, _)| second).collect();
    let good: Vec<f64> = there.iter().map(|second| second.good_rate()).collect();
    let demand: Vec<f64> = there.iter().map(|second| second.requests() / second.length()).collect();
    let asked = mean(&demand)?;
    let is_proven = quantile(&demand, 0.9)? >= VARIED * quantile(&demand, 0.1)?;
    let rate = mean(&good).filter(|rate| *rate >= 1.0)?;
    let spread = (good.iter().map(|good| (good - rate).powi(2)).sum::<f64>() / good.len() as f64).sqrt();
    let is_flat = spread <= FLAT * rate + rate.sqrt();
    (good.len() >= SECONDS && is_flat && rate <= CUT * asked).then_some(Limit { rate, asked, is_proven })
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use flashcrowd_record::Judgement;

    use super::*;
    use crate::finding::table::context;
    use crate::simulator::{Answer, Load, Service, Simulation, Station};

    fn station() -> Station {
        Station { servers: usize::MAX, service: Service::Fixed(30.0) }
    }

    /// At most this many per second are let through.
    fn limited(status: u16, limit: f64) -> Simulation {
        let (second, used) = (Cell::new(-1.0), Cell::new(0.0));
        Simulation::of(&[50.0, 150.0, 400.0].map(|rate| (15.0, Load::Rate(rate))), 0.0, station()).fate(
            move |at, answer, _| {
                if at.floor() != second.get() {
                    second.set(at.floor());
                    used.set(0.0);
                }
                used.set(used.get() + 1.0);
                if used.get() <= limit { answer } else { Answer { status, code: 0, ms: 1.0 } }
            },
        )
    }

    fn found(simulation: &Simulation) -> Option<Finding> {
        look(&context(&simulation.run(), &Judgement::default()))
    }

    #[test]
    fn the_limit_is_told() {
        insta::assert_snapshot!(found(&limited(429, 100.0)).unwrap().evidence, @"From second 15, 63.8% of the requests were rejected with 429. Successful responses stayed at 100/s while 277/s were requested: that is the limit.");
        assert!((found(&limited(503, 100.0)).unwrap().figures["rate"] - 100.0).abs() < 2.0);
    }

    #[test]
    fn other_failures_are_no_throttling() {
        assert_eq!(found(&limited(500, 100.0)), None);
        let failing = Simulation::of(&[(20.0, Load::Rate(50.0)), (20.0, Load::Rate(300.0))], 0.0, station())
            .fate(|_, answer, rng| Answer { status: if rng.f64() < 0.3 { 503 } else { 200 }, ..answer });
        assert_eq!(found(&failing), None);
    }
}
