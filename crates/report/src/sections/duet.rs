//! The tables of a duet: both variants side by side, request by request.

use flashcrowd_record::{Duet, DuetRequest, DuetTimes};
use flashcrowd_text::{Lang, figure, messages};

use crate::capacity::Sheet;

/// Requests that are shown; the JSON report has them all.
const SHOWN: usize = 20;

messages! {
    pub(crate) fn heading() { en: "A and B side by side", ko: "A와 B 비교" }
    fn variants(a: &str, b: &str) { en: "A {a}, B {b}", ko: "A {a}, B {b}" }
    fn request() { en: "Request", ko: "요청" }
    fn pairs() { en: "Pairs", ko: "쌍" }
    fn failed() { en: "Failed", ko: "실패" }
    fn difference() { en: "B vs A", ko: "B/A 차이" }
    fn interval() { en: "interval", ko: "신뢰 구간" }
    fn all() { en: "all", ko: "전체" }
    fn between(from: &str, to: &str) { en: "{from} to {to}", ko: "{from} ~ {to}" }
    fn times_note(alpha: &str) {
        en: "Times are of pairs in which neither side failed. With probability {alpha}, no interval and no answer was false at any time of the run.",
        ko: "응답 시간은 양쪽 모두 실패하지 않은 쌍의 값입니다. 실행 중 어느 시점에든 모든 구간과 답이 옳았을 확률은 {alpha}입니다.",
    }
    fn failures_note(only_a: &str, only_b: &str, both: &str, pairs: &str) {
        en: "Of {pairs} pairs of iterations, {only_a} failed at A only, {only_b} at B only, {both} at both.",
        ko: "반복 {pairs}쌍 가운데 A만 실패한 쌍은 {only_a}개, B만 실패한 쌍은 {only_b}개, 둘 다 실패한 쌍은 {both}개입니다.",
    }
    fn same_address() {
        en: "A and B are the same address: any difference is chance, or how connections were spread.",
        ko: "A와 B의 주소가 같습니다. 차이가 있다면 우연이거나 연결이 분산된 방식 때문입니다.",
    }
    fn more(count: usize) {
        en: "{count} more requests are in the JSON report.",
        ko: "나머지 요청 {count}개는 JSON 보고서에 있습니다.",
    }
}

/// The table of a duet.
pub(crate) fn sheet(lang: Lang, duet: &Duet) -> Sheet {
    let names = ["A p50", "B p50", "A p95", "B p95", "A p99", "B p99"].map(str::to_owned);
    let first = [request(lang), pairs(lang), failed(lang)];
    let heads = first.into_iter().chain(names).chain([difference(lang), interval(lang)]).collect();
    let mut rows: Vec<Vec<String>> = duet.requests.iter().take(SHOWN).map(|one| row(lang, one)).collect();
    if rows.len() != 1 {
        rows.push(total(lang, duet));
    }
    Sheet {
        heading: variants(lang, &duet.rules.a, &duet.rules.b),
        heads,
        words: 1,
        details: vec![2, 7, 7],
        rows,
        notes: notes(lang, duet),
    }
}

fn row(lang: Lang, one: &DuetRequest) -> Vec<String> {
    let time = |ms: f64| if one.pairs > 0 { figure::duration(lang, ms) } else { figure::NOTHING.to_owned() };
    let (a, b) = (one.a, one.b);
    let times = [a.p50, b.p50, a.p95, b.p95, a.p99, b.p99].map(time);
    let first = [one.name.clone(), figure::count(one.pairs), figure::count(one.failed)];
    first.into_iter().chain(times).chain(compared(lang, one.times)).collect()
}

fn total(lang: Lang, duet: &Duet) -> Vec<String> {
    let sum = |of: fn(&DuetRequest) -> u64| figure::count(duet.requests.iter().map(of).sum());
    let first = [all(lang), sum(|one| one.pairs), sum(|one| one.failed)];
    let none = std::iter::repeat_n(String::new(), 6);
    first.into_iter().chain(none).chain(compared(lang, duet.times)).collect()
}

fn compared(lang: Lang, times: Option<DuetTimes>) -> [String; 2] {
    let Some(times) = times else { return [figure::NOTHING.to_owned(), figure::NOTHING.to_owned()] };
    let interval = match (times.lower, times.upper) {
        (Some(lower), Some(upper)) => between(lang, &signed(lower), &signed(upper)),
        _ => figure::NOTHING.to_owned(),
    };
    [signed(times.difference), interval]
}

/// A difference with its sign: `+4.8%`.
fn signed(share: f64) -> String {
    format!("{:+.1}%", share * 100.0)
}

fn notes(lang: Lang, duet: &Duet) -> Vec<String> {
    let mut notes = vec![times_note(lang, &format!("{}%", figure::number(100.0 - duet.rules.alpha * 100.0)))];
    let [only_a, only_b, both] =
        [duet.failures.only_a, duet.failures.only_b, duet.failures.both].map(figure::count);
    notes.push(failures_note(lang, &only_a, &only_b, &both, &figure::count(duet.pairs)));
    if duet.requests.len() > SHOWN {
        notes.push(more(lang, duet.requests.len() - SHOWN));
    }
    if duet.rules.a == duet.rules.b {
        notes.push(same_address(lang));
    }
    notes
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{DuetFailures, DuetPercentiles, DuetRules};

    use super::*;

    #[test]
    fn both_sides_stand_side_by_side() {
        let times = Some(DuetTimes {
            difference: 0.048,
            lower: Some(0.039),
            upper: Some(0.057),
            ..DuetTimes::default()
        });
        let one = |name: &str| DuetRequest {
            name: name.to_owned(),
            pairs: 4000,
            failed: 2,
            a: DuetPercentiles { p50: 20.0, p95: 25.0, p99: 30.0 },
            b: DuetPercentiles { p50: 21.0, p95: 26.0, p99: 31.0 },
            times,
        };
        let duet = Duet {
            rules: DuetRules {
                a: "http://a".into(),
                b: "http://a".into(),
                margin: 0.02,
                alpha: 0.01,
                seed: "7".into(),
            },
            pairs: 4002,
            times,
            failures: DuetFailures { only_a: 1, only_b: 2, both: 0 },
            requests: vec![one("GET /"), one("buy")],
            ..Duet::default()
        };
        let sheet = sheet(Lang::En, &duet);
        assert_eq!(
            sheet.rows[0],
            [
                "GET /",
                "4,000",
                "2",
                "20 ms",
                "21 ms",
                "25 ms",
                "26 ms",
                "30 ms",
                "31 ms",
                "+4.8%",
                "+3.9% to +5.7%"
            ]
        );
        assert_eq!(sheet.rows[2][0], "all");
        assert_eq!(sheet.notes.len(), 3);
        assert!(sheet.rows.iter().all(|row| row.len() == sheet.heads.len()));
    }
}
