//! What a duet came to, in words.

use flashcrowd_text::{Lang, messages};

use super::super::text::Said;

messages! {
    fn slower(by: &str, interval: &str, margin: &str) {
        en: "B is {by}% slower than A ({interval}), by more than the margin of {margin}%",
        ko: "B가 A보다 {by}% 느립니다({interval}). 허용 오차 {margin}%를 넘습니다",
    }
    fn slower_request(request: &str, by: &str, interval: &str, margin: &str) {
        en: "'{request}' is {by}% slower at B than at A ({interval}), by more than the margin of {margin}%",
        ko: "'{request}' 요청이 A보다 B에서 {by}% 느립니다({interval}). 허용 오차 {margin}%를 넘습니다",
    }
    fn faster(by: &str, interval: &str) {
        en: "B is {by}% faster than A ({interval})",
        ko: "B가 A보다 {by}% 빠릅니다({interval})",
    }
    fn no_difference(margin: &str, interval: &str) {
        en: "no difference larger than {margin}%: the times of B are within {interval} of those of A",
        ko: "{margin}%보다 큰 차이는 없습니다. B의 응답 시간은 A와 비교해 {interval} 범위입니다",
    }
    fn fails_more(only_b: &str, only_a: &str, pairs: &str) {
        en: "B fails more often: of {pairs} pairs, {only_b} failed at B only, and {only_a} at A only",
        ko: "B가 더 자주 실패합니다. {pairs}쌍 가운데 B만 실패한 쌍은 {only_b}개, A만 실패한 쌍은 {only_a}개입니다",
    }
    fn fails_less(only_b: &str, only_a: &str, pairs: &str) {
        en: "A fails more often: of {pairs} pairs, {only_a} failed at A only, and {only_b} at B only",
        ko: "A가 더 자주 실패합니다. {pairs}쌍 가운데 A만 실패한 쌍은 {only_a}개, B만 실패한 쌍은 {only_b}개입니다",
    }
    fn too_short(margin: &str, interval: &str, pairs: &str) {
        en: "not measured: {pairs} pairs are not enough to tell a difference of {margin}%: so far it is {interval}",
        ko: "측정되지 않았습니다. {pairs}쌍으로는 {margin}%의 차이를 판단할 수 없습니다. 현재까지의 범위는 {interval}입니다",
    }
    fn no_pairs() {
        en: "not measured: no request was made at both A and B",
        ko: "측정되지 않았습니다. A와 B 모두에 보낸 요청이 없습니다",
    }
    fn elsewhere() {
        en: "not measured: most requests went neither to A nor to B: the script has addresses of its own (see --from)",
        ko: "측정되지 않았습니다. 대부분의 요청이 A도 B도 아닌 주소로 전송되었습니다. 스크립트에 고정된 주소가 있습니다(--from 참고)",
    }
    fn a_fails() {
        en: "not measured: no request to A succeeded, so there is nothing to compare B with",
        ko: "측정되지 않았습니다. A에 보낸 요청이 하나도 성공하지 않아 B와 비교할 대상이 없습니다",
    }
    fn both_fail() {
        en: "not measured: no request succeeded, neither at A nor at B",
        ko: "측정되지 않았습니다. A와 B 모두에서 성공한 요청이 없습니다",
    }
    fn mostly_failed() {
        en: "not measured: in most pairs a request failed, so the remaining times say little",
        ko: "측정되지 않았습니다. 대부분의 쌍에서 요청이 실패해 남은 응답 시간으로는 판단할 수 없습니다",
    }
    fn not_the_same(unpaired: &str) {
        en: "not measured: {unpaired} requests were made at only one of A and B: the iterations were not the same",
        ko: "측정되지 않았습니다. A와 B 중 한쪽에만 보낸 요청이 {unpaired}건입니다. 두 쪽의 반복이 서로 다릅니다",
    }
    fn no_duet() {
        en: "not measured: this was no duet: flashcrowd duet TEST --a URL --b URL compares two variants",
        ko: "측정되지 않았습니다. 듀엣 실행이 아닙니다. flashcrowd duet TEST --a URL --b URL로 두 변형을 비교하십시오",
    }
    fn cut() {
        en: "not measured: the run was cut off before the comparison came to its end",
        ko: "측정되지 않았습니다. 비교가 끝나기 전에 실행이 중단되었습니다",
    }
    fn unknown_interval() { en: "unknown", ko: "알 수 없음" }
    fn between(from: &str, to: &str) { en: "{from} to {to}%", ko: "{from}~{to}%" }
}

/// How an interval is told, and the difference itself: of a faster side without the sign.
fn interval(lang: Lang, said: Said<'_>, sign: f64) -> String {
    let bound = |name: &str| said.known(name).map(|bound| bound * sign);
    match (bound("lower"), bound("upper")) {
        (Some(lower), Some(upper)) if sign < 0.0 => between(lang, &percent(upper), &percent(lower)),
        (Some(lower), Some(upper)) => between(lang, &percent(lower), &percent(upper)),
        _ => unknown_interval(lang),
    }
}

/// A difference in per cent with up to two decimals.
fn percent(value: f64) -> String {
    let text = if value.abs() < 10.0 { format!("{value:.2}") } else { format!("{value:.1}") };
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

pub(in super::super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (by, margin) = (said.figure("difference"), percent(said.figure("margin")));
    let [pairs, only_a, only_b] = ["pairs", "only_a", "only_b"].map(|name| said.number(name));
    Some(match said.note() {
        "duet-slower" => slower(lang, &percent(by), &interval(lang, said, 1.0), &margin),
        "duet-slower-request" => {
            slower_request(lang, said.label("request"), &percent(by), &interval(lang, said, 1.0), &margin)
        }
        "duet-faster" => faster(lang, &percent(-by), &interval(lang, said, -1.0)),
        "duet-no-difference" => no_difference(lang, &margin, &interval(lang, said, 1.0)),
        "duet-fails-more" => fails_more(lang, &only_b, &only_a, &pairs),
        "duet-fails-less" => fails_less(lang, &only_b, &only_a, &pairs),
        "duet-too-short" => too_short(lang, &margin, &interval(lang, said, 1.0), &pairs),
        "duet-no-pairs" => no_pairs(lang),
        "duet-elsewhere" => elsewhere(lang),
        "duet-a-fails" => a_fails(lang),
        "duet-both-fail" => both_fail(lang),
        "duet-mostly-failed" => mostly_failed(lang),
        "duet-not-the-same" => not_the_same(lang, &said.number("unpaired")),
        "duet-none" => no_duet(lang),
        "duet-cut" => cut(lang),
        _ => return None,
    })
}
