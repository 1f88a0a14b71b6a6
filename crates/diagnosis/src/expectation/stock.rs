//! Stock accuracy is how well what is left agrees with what was there and what was sold.
//!
//! 100 · (1 - |after - (before - sold)| / sold), not below zero; what was sold beyond the stock is missing from it in
//! any case. Of several stocks the worst counts.

use flashcrowd_record::Audit;
use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::unconfirmed::unconfirmed;

messages! {
    fn exact(before: &str, sold: &str, after: &str) {
        en: "{before} in stock, {sold} sold, {after} left: all accounted for",
        ko: "재고 {before}개, 판매 {sold}개, 잔여 {after}개로 정확히 일치합니다",
    }
    fn oversold(name: &str, before: &str, sold: &str, after: &str, over: &str) {
        en: "{name}: oversold by {over}: {before} in stock, {sold} sold, {after} left",
        ko: "{name}: {over}개가 초과 판매되었습니다. 재고 {before}개, 판매 {sold}개, 잔여 {after}개",
    }
    fn not_taken(name: &str, before: &str, sold: &str, after: &str, off: &str) {
        en: "{name}: {off} items were sold, with a successful response, but never taken from the stock: {before} in stock, {sold} sold, {after} left",
        ko: "{name}: 판매 성공으로 응답한 {off}개가 재고에서 차감되지 않았습니다. 재고 {before}개, 판매 {sold}개, 잔여 {after}개",
    }
    fn lost(name: &str, before: &str, sold: &str, after: &str, off: &str) {
        en: "{name}: {off} items were lost: {before} in stock, {sold} sold, {after} left",
        ko: "{name}: {off}개가 유실되었습니다. 재고 {before}개, 판매 {sold}개, 잔여 {after}개",
    }
    fn unanswered(name: &str, before: &str, sold: &str, after: &str, off: &str) {
        en: "{name}: {off} items were taken from the stock without a successful response: {before} in stock, {sold} sold, {after} left",
        ko: "{name}: {off}개가 성공 응답 없이 재고에서 차감되었습니다. 재고 {before}개, 판매 {sold}개, 잔여 {after}개",
    }
    fn errors(failed: &str) {
        en: "; {failed} requests other than reads got a 5xx or no response",
        ko: ". 조회가 아닌 요청 {failed}건이 5xx로 응답받았거나 응답을 받지 못했습니다",
    }
    fn no_audit() {
        en: "not measured: the plan has no audit that reads a stock",
        ko: "측정되지 않았습니다. 플랜에 재고를 확인하는 audit이 없습니다",
    }
    fn cut() {
        en: "not measured: the run was interrupted before the stock was read again",
        ko: "측정되지 않았습니다. 재고를 다시 읽기 전에 테스트가 중단되었습니다",
    }
    fn unread(name: &str, problem: &str) {
        en: "not measured: {name} could not be read: {problem}",
        ko: "측정되지 않았습니다. {name} 재고를 읽지 못했습니다: {problem}",
    }
}

/// What became of one stock.
struct Account<'a> {
    name: &'a str,
    before: f64,
    after: f64,
    sold: f64,
    /// Per cent.
    accuracy: f64,
}

impl<'a> Account<'a> {
    fn of(audit: &'a Audit) -> Option<Self> {
        let (before, after, sold) = (audit.before?, audit.after?, audit.sold);
        let wrong = (after - (before - sold)).abs().max(sold - before);
        let accuracy = (100.0 * (1.0 - wrong / sold.max(1.0))).clamp(0.0, 100.0);
        Some(Self { name: &audit.name, before, after, sold, accuracy })
    }
}

/// How well what is left of a stock agrees with what was sold, in per cent; none where it was not read.
pub(crate) fn stock_accuracy(audit: &Audit) -> Option<f64> {
    Account::of(audit).map(|account| account.accuracy)
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let Some(results) = case.evidence.results else {
        return Err(Observation::not_measured("stock-cut").into());
    };
    let read: Vec<Account<'_>> = results.audits.iter().filter_map(Account::of).collect();
    let unread = results.audits.iter().find(|audit| Account::of(audit).is_none());
    let worst = read.iter().min_by(|a, b| a.accuracy.total_cmp(&b.accuracy));
    match (worst, unread) {
        (None, None) => Err(Observation::not_measured("no-audit").into()),
        // One stock that is wrong is enough; one that is right is not.
        (Some(worst), unread) if unread.is_none() || worst.accuracy < 100.0 => {
            Ok(observe(worst, unconfirmed(results)))
        }
        (_, unread) => {
            let problem = unread.and_then(|audit| audit.problem.as_deref()).unwrap_or("no reading");
            let name = unread.map_or("", |audit| &audit.name);
            Err(Observation::not_measured("stock-unread")
                .label("name", name)
                .label("problem", problem)
                .into())
        }
    }
}

/// What became of a stock, where so many requests that may have taken from it got an error of the server or no response.
fn observe(account: &Account<'_>, unconfirmed: f64) -> Observation {
    let over = account.sold - account.before;
    let off = account.after - (account.before - account.sold);
    let (note, off) = match () {
        () if over > 0.0 => ("oversold", over),
        () if off > 0.0 => ("stock-not-taken", off),
        () if off < 0.0 && unconfirmed > 0.0 => ("stock-unanswered", -off),
        () if off < 0.0 => ("stock-lost", -off),
        () => ("stock-exact", 0.0),
    };
    Observation::number(account.accuracy, "%", note)
        .figure("before", account.before)
        .figure("sold", account.sold)
        .figure("after", account.after)
        .figure("off", off)
        .figure("unconfirmed", unconfirmed)
        .label("name", account.name)
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (before, sold, after) = (said.number("before"), said.number("sold"), said.number("after"));
    let (name, off) = (said.label("name"), said.number("off"));
    Some(match said.note() {
        "stock-exact" => exact(lang, &before, &sold, &after),
        "oversold" => oversold(lang, name, &before, &sold, &after, &off),
        "stock-not-taken" => not_taken(lang, name, &before, &sold, &after, &off),
        "stock-lost" => lost(lang, name, &before, &sold, &after, &off),
        "stock-unanswered" => {
            unanswered(lang, name, &before, &sold, &after, &off) + &errors(lang, &said.number("unconfirmed"))
        }
        "no-audit" => no_audit(lang),
        "stock-cut" => cut(lang),
        "stock-unread" => unread(lang, name, said.label("problem")),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: f64, sold: f64, after: f64) -> (f64, &'static str, f64) {
        check_with(before, sold, after, 0.0)
    }

    fn check_with(before: f64, sold: f64, after: f64, failed: f64) -> (f64, &'static str, f64) {
        let audit =
            Audit { name: "stock".into(), before: Some(before), after: Some(after), sold, problem: None };
        let seen = observe(&Account::of(&audit).unwrap(), failed);
        (seen.value.unwrap(), seen.note, seen.figures["off"])
    }

    #[test]
    fn every_way_of_being_wrong_has_its_name() {
        assert_eq!(check(100.0, 100.0, 0.0), (100.0, "stock-exact", 0.0));
        assert_eq!(check(100.0, 0.0, 100.0), (100.0, "stock-exact", 0.0));
        assert_eq!(check(100.0, 125.0, 0.0), (80.0, "oversold", 25.0));
        assert_eq!(check(100.0, 125.0, -25.0), (80.0, "oversold", 25.0));
        assert_eq!(check(1000.0, 500.0, 550.0), (90.0, "stock-not-taken", 50.0));
        assert_eq!(check(1000.0, 500.0, 450.0), (90.0, "stock-lost", 50.0));
        assert_eq!(check(100.0, 0.0, 90.0), (0.0, "stock-lost", 10.0));
        assert_eq!(check_with(1000.0, 500.0, 450.0, 50.0), (90.0, "stock-unanswered", 50.0));
        assert_eq!(check_with(1000.0, 500.0, 550.0, 50.0), (90.0, "stock-not-taken", 50.0));
    }
}
