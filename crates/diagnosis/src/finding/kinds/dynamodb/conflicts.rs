//! `dynamodb-conflicts`: transactions are in each other's way.
//!
//! Reported from 20 attempts on that met another transaction on the same item and are 1% of all.

use flashcrowd_metrics::names;
use flashcrowd_record::{Finding, Severity};
use flashcrowd_text::{Lang, messages};

use crate::dynamodb::{self, ATTEMPTS, CONFLICTS};
use crate::finding::support::context::Context;
use crate::finding::support::draft::{Draft, figure, has, label};
use crate::finding::support::kind::FindingText;
use crate::row::tag;
use crate::words::{number, percent};

pub(crate) const ID: &str = "dynamodb-conflicts";

const COUNT: f64 = 20.0;
const SHARE: f64 = 0.01;

messages! {
    fn title() { en: "Transactions conflict with each other", ko: "트랜잭션 충돌이 발생합니다" }
    fn seen(conflicts: &str, attempts: &str, share: &str) {
        en: "{conflicts} of {attempts} attempts ({share}%) conflicted with another transaction on the same item",
        ko: "시도 {attempts}건 중 {conflicts}건({share}%)이 같은 항목의 다른 트랜잭션과 충돌했습니다",
    }
    fn most(name: &str) { en: ", most of them {name}", ko: "(대부분 {name})" }
    fn stock_apart() {
        en: "Split the stock of popular products over several items, so that orders rarely conflict.",
        ko: "인기 상품의 재고를 여러 항목으로 나누어 주문이 같은 항목에 몰리지 않게 하십시오.",
    }
    fn smaller() {
        en: "Take stock with a conditional UpdateItem, which does not conflict with others of its kind, and keep transactions small.",
        ko: "재고 차감은 서로 충돌하지 않는 조건부 UpdateItem으로 처리하고 트랜잭션은 작게 유지하십시오.",
    }
    fn retry() {
        en: "Retry conflicts with backoff and jitter, and with the same ClientRequestToken, so that no order is written twice.",
        ko: "충돌은 같은 ClientRequestToken으로 백오프와 지터를 두고 재시도해 주문이 중복되지 않게 하십시오.",
    }
}

pub(crate) fn look(context: &Context<'_>) -> Option<Finding> {
    let seconds = &context.all_seconds;
    let (conflicts, attempts) = (dynamodb::sum(seconds, CONFLICTS), dynamodb::sum(seconds, ATTEMPTS));
    if conflicts < COUNT || conflicts < SHARE * attempts {
        return None;
    }
    let mut draft = Draft::new(ID, Severity::Warning)
        .figure("conflicts", conflicts)
        .figure("attempts", attempts)
        .figure("share", conflicts / attempts.max(conflicts));
    let most = dynamodb::rows(seconds, CONFLICTS)
        .max_by(|one, other| one.stats.value("sum").total_cmp(&other.stats.value("sum")));
    if let Some(row) = most {
        draft = draft.label("name", tag(row, names::tag::NAME));
    }
    Some(draft.finding(text))
}

pub(crate) fn text(lang: Lang, finding: &Finding) -> FindingText {
    let of = |name| number(figure(finding, name));
    let share = if has(finding, "share") { figure(finding, "share") } else { 0.0 };
    let mut evidence = seen(lang, &of("conflicts"), &of("attempts"), &percent(100.0 * share));
    if !label(finding, "name").is_empty() {
        evidence += &most(lang, label(finding, "name"));
    }
    FindingText {
        title: title(lang),
        evidence: evidence + ".",
        remedies: vec![smaller(lang), stock_apart(lang), retry(lang)],
    }
}
