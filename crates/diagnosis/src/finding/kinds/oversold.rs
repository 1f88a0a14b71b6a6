//! `oversold`: what was sold and what the stock lost do not agree.
//!
//! For each stock that was read before and after: oversold by `sold - before`, if more succeeded than was there, or by what
//! it is below zero. Not taken are `sold - (before - after)`, if more succeeded than the stock went down by: these
//! responses said success and took nothing, or sales were lost to each other. The other way round, a stock that went down by
//! more than was sold, is a warning: goods were taken without a successful response, as by requests that got a 5xx or none
//! after the stock was taken, or by somebody else.

use flashcrowd_record::{Audit, Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::unconfirmed::unconfirmed;
use crate::words::number;

pub(crate) const ID: &str = "oversold";

messages! {
    fn title(name: &str, by: &str) { en: "{name} was oversold by {by}", ko: "{name}: 재고보다 {by}개가 초과 판매되었습니다" }
    fn title_lost(name: &str, by: &str) { en: "{by} of {name} disappeared without a sale", ko: "{name} 재고 {by}개가 판매 없이 사라졌습니다" }
    fn title_not_taken(name: &str, by: &str) { en: "{by} sales of {name} succeeded without taking anything from the stock", ko: "{name}: 성공으로 응답한 판매 {by}개가 재고에서 차감되지 않았습니다" }
    fn seen(name: &str, before: &str, after: &str, sold: &str) {
        en: "{name}: {before} before, {after} after, and {sold} sold according to the responses that the load generator received.",
        ko: "{name}: 시작 재고 {before}개, 종료 재고 {after}개인데 부하 발생기가 받은 응답 기준으로 {sold}개가 판매되었습니다.",
    }
    fn unanswered(failed: &str) {
        en: " {failed} requests other than reads got a 5xx or no response: they may have taken what nobody was sold.",
        ko: " 조회가 아닌 요청 {failed}건이 5xx로 응답받았거나 응답을 받지 못했습니다. 이 요청들이 판매 없이 재고를 차감했을 수 있습니다.",
    }
    fn after_commit() {
        en: "Report success only after the decrement is committed, and check how many rows it changed.",
        ko: "재고 차감이 커밋되고 변경된 행 수를 확인한 뒤에만 성공으로 응답하십시오.",
    }
    fn undo() {
        en: "Make the decrement and the order one transaction that is rolled back if anything after it fails, so that an error leaves the stock as it was.",
        ko: "재고 차감과 주문을 하나의 트랜잭션으로 묶고 이후 단계가 실패하면 롤백하여 오류 응답이 재고를 줄이지 않게 하십시오.",
    }
    fn more(count: &str) { en: " {count} stocks do not add up; this is the worst.", ko: " 재고 {count}종이 맞지 않으며 그중 가장 큰 차이입니다." }
    fn atomic() {
        en: "Check and decrement in one atomic step: UPDATE ... SET stock = stock - n WHERE stock >= n, or a Lua script in Redis.",
        ko: "재고 확인과 차감을 하나의 원자적 연산으로 처리하십시오(UPDATE ... SET stock = stock - n WHERE stock >= n 또는 Redis Lua 스크립트).",
    }
    fn constraint() {
        en: "As a last line of defence, add a database constraint that rejects a stock below zero.",
        ko: "마지막 방어선으로 재고가 0 미만이 되지 않도록 데이터베이스 제약 조건을 두십시오.",
    }
    fn versions() {
        en: "If the stock is read and written back, add a version column, so that the second writer has to retry.",
        ko: "재고를 읽고 다시 쓰는 구조라면 버전 컬럼(낙관적 락)으로 나중 쓰기가 재시도하게 하십시오.",
    }
    fn time_outs() {
        en: "Check for sales that succeeded although their response came too late, and give orders an idempotency key, so that a repeated order is not a new one.",
        ko: "응답이 늦어 실패로 집계됐지만 실제로는 판매된 건이 있는지 확인하고, 주문에 멱등 키를 적용하십시오.",
    }
    fn others() {
        en: "Check whether another process sold from this stock during the test.",
        ko: "테스트 중 다른 곳에서 같은 재고를 사용했는지 확인하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let results = context.evidence.results?;
    let wrong: Vec<(&Audit, Fault)> =
        results.audits.iter().filter_map(|audit| Some((audit, fault(audit)?))).collect();
    // What is oversold is worse than what was not taken, and that than what is lost, however much.
    let (audit, fault) = wrong.iter().max_by(|one, other| one.1.rank().total_cmp(&other.1.rank()))?;
    let (severity, name, by) = match fault {
        Fault::Oversold(by) => (Severity::Critical, "oversold", *by),
        Fault::NotTaken(by) => (Severity::Critical, "not_taken", *by),
        Fault::Lost(by) => (Severity::Warning, "lost", *by),
    };
    let draft = Draft::new(ID, severity)
        .label("stock", &audit.name)
        .figure(name, by)
        .figure("before", audit.before?)
        .figure("after", audit.after?)
        .figure("sold", audit.sold)
        .figure("stocks", wrong.len() as f64)
        .figure("unconfirmed", unconfirmed(results));
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let name = label(finding, "stock");
    let mut evidence = seen(lang, name, &of("before"), &of("after"), &of("sold"));
    let is_lost = has(finding, "lost");
    let has_errors = is_lost && figure(finding, "unconfirmed") > 0.0;
    if has_errors {
        evidence += &unanswered(lang, &of("unconfirmed"));
    }
    if figure(finding, "stocks") > 1.0 {
        evidence += &more(lang, &of("stocks"));
    }
    if is_lost {
        let title = title_lost(lang, name, &of("lost"));
        let first = if has_errors { Some(undo(lang)) } else { None };
        let remedies = first.into_iter().chain([time_outs(lang), others(lang)]).collect();
        return FindingText { title, evidence, remedies };
    }
    if has(finding, "not_taken") {
        let remedies = vec![after_commit(lang), atomic(lang), versions(lang)];
        return FindingText { title: title_not_taken(lang, name, &of("not_taken")), evidence, remedies };
    }
    let remedies = vec![atomic(lang), versions(lang), constraint(lang)];
    FindingText { title: title(lang, name, &of("oversold")), evidence, remedies }
}

/// What is wrong with a stock, and by how much.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Oversold(f64),
    NotTaken(f64),
    Lost(f64),
}

impl Fault {
    /// In the order of what matters most; the parts of one do not reach the next.
    fn rank(self) -> f64 {
        let part = |by: f64| by / (by + 1.0);
        match self {
            Self::Lost(by) => part(by),
            Self::NotTaken(by) => 1.0 + part(by),
            Self::Oversold(by) => 2.0 + part(by),
        }
    }
}

/// What is wrong with a stock; none where everything adds up, or it was not read.
fn fault(audit: &Audit) -> Option<Fault> {
    let (before, after) = (audit.before?, audit.after?);
    let beyond = (audit.sold - before).max(-after);
    let difference = audit.sold - (before - after);
    match () {
        () if beyond > 0.0 => Some(Fault::Oversold(beyond)),
        () if difference > 0.0 => Some(Fault::NotTaken(difference)),
        () if difference < 0.0 => Some(Fault::Lost(-difference)),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Contains, Judgement, Kind, Results, Row};

    use super::*;
    use crate::course::Course;
    use crate::evidence::Evidence;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(stocks: &[(f64, f64, f64)]) -> Option<Finding> {
        found_with(stocks, 0.0)
    }

    /// With so many purchases that were answered with 500.
    fn found_with(stocks: &[(f64, f64, f64)], failed: f64) -> Option<Finding> {
        let station = Station { servers: 1, service: Service::Fixed(1.0) };
        let record = Simulation::of(&[(1.0, Load::Users(1))], 0.0, station).run();
        let audits = stocks.iter().enumerate().map(|(at, (before, after, sold))| Audit {
            name: format!("product {}", at + 1),
            before: Some(*before),
            after: Some(*after),
            sold: *sold,
            problem: None,
        });
        let tags = [("method", "POST"), ("name", "/purchase/1"), ("status", "500")];
        let row = Row {
            view: "requests".to_owned(),
            tags: tags.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
            metric: "http_reqs".to_owned(),
            kind: Kind::Counter,
            contains: Contains::Default,
            stats: [("count", failed)].into(),
            samples: failed as u64,
        };
        let results = Results { audits: audits.collect(), rows: vec![row], ..Results::default() };
        let evidence = Evidence { results: Some(&results), ..Evidence::from(&record) };
        look(&Context::of(&evidence, Course::of(&evidence), &Judgement::default()))
    }

    #[test]
    fn more_than_there_was_is_oversold() {
        let finding = found(&[(100.0, 0.0, 100.0), (100.0, 0.0, 137.0)]).unwrap();
        assert_eq!((finding.severity, finding.figures["oversold"]), (Severity::Critical, 37.0));
        insta::assert_snapshot!(text(Lang::Ko, &finding).title, @"product 2: 재고보다 37개가 초과 판매되었습니다");
        insta::assert_snapshot!(finding.evidence, @"product 2: 100 before, 0 after, and 137 sold according to the responses that the load generator received.");
        assert_eq!(found(&[(100.0, -4.0, 104.0)]).unwrap().figures["oversold"], 4.0);
        let both = found(&[(10_000.0, 9_200.0, 1_000.0), (100.0, 0.0, 101.0)]).unwrap();
        assert_eq!(both.figures["oversold"], 1.0);
    }

    #[test]
    fn goods_without_a_sale_are_a_warning() {
        let finding = found(&[(100.0, 20.0, 78.0)]).unwrap();
        assert_eq!((finding.severity, finding.figures["lost"]), (Severity::Warning, 2.0));
    }

    #[test]
    fn success_without_taking_anything_is_not_oversold() {
        let finding = found(&[(10_000.0, 9_200.0, 1_000.0)]).unwrap();
        assert_eq!((finding.severity, finding.figures["not_taken"]), (Severity::Critical, 200.0));
        insta::assert_snapshot!(text(Lang::En, &finding).title, @"200 sales of product 1 succeeded without taking anything from the stock");
    }

    #[test]
    fn errors_after_the_stock_was_taken_are_named() {
        let finding = found_with(&[(100.0, 20.0, 78.0)], 2.0).unwrap();
        assert!(finding.evidence.ends_with(" 2 requests other than reads got a 5xx or no response: they may have taken what nobody was sold."), "{finding:?}");
        assert!(
            finding.remedy.starts_with("Make the decrement and the order one transaction"),
            "{finding:?}"
        );
        assert!(!found_with(&[(100.0, 20.0, 78.0)], 0.0).unwrap().evidence.contains("5xx"));
    }

    #[test]
    fn what_adds_up_is_no_finding() {
        assert_eq!(found(&[(100.0, 0.0, 100.0), (50.0, 30.0, 20.0)]), None);
        assert_eq!(found(&[]), None);
    }
}
