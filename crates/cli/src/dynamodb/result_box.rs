//! The result box: the main figures of a run in a frame.

use flashcrowd_prime_day::{Count, Tally};
use flashcrowd_text::figure::count;
use flashcrowd_text::{Lang, messages};

use crate::screen::{pad, width};

/// Columns inside the frame.
const INSIDE: usize = 62;

messages! {
    fn title() { en: "PRIME DAY LOAD TEST RESULT", ko: "PRIME DAY LOAD TEST 최종 결과" }
    fn time(seconds: String) { en: "Test time: {seconds} s", ko: "테스트 시간: {seconds}초" }
    fn requests(requests: String) { en: "Requests: {requests}", ko: "총 요청 수: {requests}개" }
    fn rate(rate: String) { en: "Average RPS: {rate}", ko: "평균 RPS: {rate}" }
    fn reads() { en: "📊 Product queries", ko: "📊 상품 조회 (Product Queries)" }
    fn orders() { en: "🛒 Order creation", ko: "🛒 주문 생성 (Order Creation)" }
    fn ok(ok: String) { en: "  Succeeded: {ok}", ko: "  성공: {ok}개" }
    fn failed(failed: String) { en: "  Failed: {failed}", ko: "  실패: {failed}개" }
    fn throttles(attempts: String) { en: "⚠️  Throttled: {attempts}", ko: "⚠️  스로틀링: {attempts}개" }
    fn given_up(calls: String) { en: "  Given up: {calls}", ko: "  포기한 호출: {calls}개" }
    fn success(percent: String) { en: "✅ Success rate: {percent}%", ko: "✅ 전체 성공률: {percent}%" }
    fn failure(percent: String) { en: "❌ Failure rate: {percent}%", ko: "❌ 전체 실패율: {percent}%" }
}

/// The box of a run of this duration.
pub fn result_box(lang: Lang, tally: Tally, seconds: f64) -> String {
    let success_percent = tally.success_percent();
    let kind = |heading: String, of: Count| {
        [heading, ok(lang, count(of.ok)), failed(lang, count(of.failed)), String::new()]
    };
    let mut lines = vec![
        time(lang, hundredths(seconds)),
        requests(lang, count(tally.requests())),
        rate(lang, hundredths(tally.rate(seconds))),
        String::new(),
    ];
    lines.extend(kind(reads(lang), tally.reads));
    lines.extend(kind(orders(lang), tally.orders));
    lines.push(throttles(lang, count(tally.throttled)));
    if tally.gave_up > 0 {
        lines.push(given_up(lang, count(tally.gave_up)));
    }
    lines.push(success(lang, format!("{success_percent:.2}")));
    lines.push(failure(lang, format!("{:.2}", 100.0 - success_percent)));
    let rule = "═".repeat(INSIDE);
    let lines: String = lines.iter().map(|line| framed(&format!(" {line}"))).collect();
    format!("╔{rule}╗\n{}╠{rule}╣\n{lines}╚{rule}╝\n", framed(&centred(&title(lang))))
}

/// A number with two decimals and separated thousands.
fn hundredths(number: f64) -> String {
    let text = format!("{number:.2}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    format!("{whole}.{rest}")
}

fn centred(text: &str) -> String {
    format!("{}{text}", " ".repeat(INSIDE.saturating_sub(width(text)) / 2))
}

fn framed(text: &str) -> String {
    format!("║{}║\n", pad(text, INSIDE))
}

#[cfg(test)]
mod tests {
    use super::super::live::tests::sample;
    use super::*;

    #[test]
    fn in_korean() {
        insta::assert_snapshot!(result_box(Lang::Ko, sample(), 48.98));
    }

    #[test]
    fn in_english() {
        insta::assert_snapshot!(result_box(Lang::En, sample(), 48.98));
    }

    #[test]
    fn rates_have_two_digits_and_thousands_apart() {
        for (rate, text) in
            [(0.0, "0.00"), (26.4598, "26.46"), (999.999, "1,000.00"), (12_345.6, "12,345.60")]
        {
            assert_eq!(hundredths(rate), text);
        }
    }

    #[test]
    fn every_line_is_as_wide_also_those_with_emoji() {
        let many = Count { ok: 123_456_789, failed: 987_654_321 };
        let large = Tally { reads: many, orders: many, throttled: 98_765_432, gave_up: 98_765_432 };
        for (lang, tally) in
            [(Lang::En, sample()), (Lang::Ko, sample()), (Lang::En, large), (Lang::Ko, large)]
        {
            let text = result_box(lang, tally, 123_456.789);
            assert!(text.lines().all(|line| width(line) == INSIDE + 2), "{text}");
            assert!(text.contains("⚠\u{fe0f}  "), "{text}");
        }
    }
}
