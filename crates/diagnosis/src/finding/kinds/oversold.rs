//! `oversold`: more was sold than there was.
//!
//! For each stock that was read before and after: oversold by `sold - before`, if more succeeded than was there, or else
//! by `sold - (before - after)`, if more succeeded than the stock went down by, since these sales were lost to each
//! other. A stock below zero is oversold by that. The other way round, a stock that went down by more than was sold, is
//! a warning: goods were taken without a sale that the load generator knows of.

use flashcrowd_record::{Audit, Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::words::number;

pub(crate) const ID: &str = "oversold";

messages! {
    fn title(name: &str, by: &str) { en: "{name} was oversold by {by}", ko: "{name}: 재고보다 {by}개가 초과 판매되었습니다" }
    fn title_lost(name: &str, by: &str) { en: "{by} of {name} disappeared without a sale", ko: "{name} 재고 {by}개가 판매 없이 사라졌습니다" }
    fn seen(name: &str, before: &str, after: &str, sold: &str) {
        en: "{name}: {before} before, {after} after, and {sold} sold according to the responses that the load generator received.",
        ko: "{name}: 시작 재고 {before}개, 종료 재고 {after}개인데 부하 발생기가 받은 응답 기준으로 {sold}개가 판매되었습니다.",
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
    let audits = &context.evidence.results?.audits;
    let wrong: Vec<(&Audit, f64)> = audits
        .iter()
        .filter_map(|audit| Some((audit, surplus(audit)?)))
        .filter(|(_, by)| *by != 0.0)
        .collect();
    // What is oversold is worse than what is lost, however much.
    let worst = wrong.iter().max_by(|one, other| one.1.total_cmp(&other.1)).copied();
    let lost = wrong.iter().min_by(|one, other| one.1.total_cmp(&other.1)).copied();
    let (audit, by) = worst.filter(|(_, by)| *by > 0.0).or(lost)?;
    let severity = if by > 0.0 { Severity::Critical } else { Severity::Warning };
    let draft = Draft::new(ID, severity)
        .label("stock", &audit.name)
        .figure(if by > 0.0 { "oversold" } else { "lost" }, by.abs())
        .figure("before", audit.before?)
        .figure("after", audit.after?)
        .figure("sold", audit.sold)
        .figure("stocks", wrong.len() as f64);
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let name = label(finding, "stock");
    let mut evidence = seen(lang, name, &of("before"), &of("after"), &of("sold"));
    if figure(finding, "stocks") > 1.0 {
        evidence += &more(lang, &of("stocks"));
    }
    if has(finding, "lost") {
        let remedies = vec![time_outs(lang), others(lang)];
        return FindingText { title: title_lost(lang, name, &of("lost")), evidence, remedies };
    }
    let remedies = vec![atomic(lang), versions(lang), constraint(lang)];
    FindingText { title: title(lang, name, &of("oversold")), evidence, remedies }
}

/// How many more were sold than is right; negative for goods that went without a sale.
fn surplus(audit: &Audit) -> Option<f64> {
    let (before, after) = (audit.before?, audit.after?);
    let beyond = (audit.sold - before).max(-after);
    Some(if beyond > 0.0 { beyond } else { audit.sold - (before - after) })
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Judgement, Results};

    use super::*;
    use crate::course::Course;
    use crate::evidence::Evidence;
    use crate::simulator::{Load, Service, Simulation, Station};

    fn found(stocks: &[(f64, f64, f64)]) -> Option<Finding> {
        let station = Station { servers: 1, service: Service::Fixed(1.0) };
        let record = Simulation::of(&[(1.0, Load::Users(1))], 0.0, station).run();
        let audits = stocks.iter().enumerate().map(|(at, (before, after, sold))| Audit {
            name: format!("product {}", at + 1),
            before: Some(*before),
            after: Some(*after),
            sold: *sold,
            problem: None,
        });
        let results = Results { audits: audits.collect(), ..Results::default() };
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
        assert_eq!(found(&[(10_000.0, 9_200.0, 1_000.0)]).unwrap().figures["oversold"], 200.0);
    }

    #[test]
    fn goods_without_a_sale_are_a_warning() {
        let finding = found(&[(100.0, 20.0, 78.0)]).unwrap();
        assert_eq!((finding.severity, finding.figures["lost"]), (Severity::Warning, 2.0));
    }

    #[test]
    fn what_adds_up_is_no_finding() {
        assert_eq!(found(&[(100.0, 0.0, 100.0), (50.0, 30.0, 20.0)]), None);
        assert_eq!(found(&[]), None);
    }
}
