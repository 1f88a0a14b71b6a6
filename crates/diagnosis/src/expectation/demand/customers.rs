//! Demand is what customers want, and how much of it they get: iterations per second, what came to nothing, throttles.
//!
//! What failed and what was throttled counts wherever it did, ramps included; iterations a second leave them out. What a
//! miss is usually due to is said with it, since these three are judged together: throttles, then errors, then too
//! little load.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_text::{Lang, messages};

use super::missed::missed as missed_of;
use crate::course::Second;
use crate::dynamodb::{
    self, ATTEMPTS, BACK_OFF, CALLS, CONDITION_FAILED, ERRORS, FAILED, GAVE_UP, THROTTLED,
};
use crate::expectation::case::{Case, Window};
use crate::expectation::terms::{Looked, Observation};
use crate::expectation::text::Said;
use crate::row::{is_load, tag};
use crate::tally::is_named;
use crate::words::number;

/// The status of what is throttled anywhere else.
const TOO_MANY: &str = "429";

/// From this version of the definitions on, what was due during an outage counts as failed.
const COUNTS_MISSED: u32 = 2;

messages! {
    fn ended(iterations: &str, seconds: &str) {
        en: "{iterations} iterations were completed in {seconds} s",
        ko: "{seconds}초 동안 반복 {iterations}건이 완료되었습니다",
    }
    fn ended_in_steps(iterations: &str, seconds: &str) {
        en: "{iterations} iterations were completed in {seconds} s of steps, without ramps",
        ko: "램프 구간을 제외한 단계 {seconds}초 동안 반복 {iterations}건이 완료되었습니다",
    }
    fn held_back(throttled: &str, seconds: &str) {
        en: "; calls spent {seconds} s in backoff in total after {throttled} throttled attempts: raise RCU/WCU first, then adjust the number of workers or the test's logic",
        ko: ". 스로틀링 {throttled}건으로 인한 백오프 대기가 총 {seconds}초입니다. 먼저 RCU/WCU를 늘리고, 그다음 워커 수나 테스트 로직을 조정하십시오",
    }
    fn more_workers() {
        en: "; raise the number of workers (virtual users), or adjust the test's logic",
        ko: ". 워커(가상 사용자) 수를 늘리거나 테스트 로직을 조정하십시오",
    }
    fn not_got(failed: &str, wanted: &str) {
        en: "{failed} of {wanted} customer requests were not fulfilled",
        ko: "고객 요구 {wanted}건 중 {failed}건이 이루어지지 않았습니다",
    }
    fn not_served(failed: &str, calls: &str) {
        en: "{failed} of {calls} calls were not served",
        ko: "호출 {calls}건 중 {failed}건이 처리되지 않았습니다",
    }
    fn causes(gave_up: &str, conditions: &str, errors: &str) {
        en: " (retries exhausted: {gave_up}, conditions not met, such as sold out: {conditions}, other errors: {errors})",
        ko: "(재시도 포기 {gave_up}건, 품절 등 조건 불일치 {conditions}건, 그 밖의 오류 {errors}건)",
    }
    fn never_asked(missed: &str) {
        en: "; {missed} of them were due while nothing was answered, or no virtual user was idle",
        ko: ". 이 중 {missed}건은 응답이 없었거나 유휴 가상 사용자가 없어 시도조차 하지 못한 요구입니다",
    }
    fn check_access() {
        en: "; check the network and the permissions (IAM)",
        ko: ". 네트워크와 권한(IAM)을 확인하십시오",
    }
    fn gave_up_first() {
        en: "; most ran out of attempts because of throttling: raise RCU/WCU first",
        ko: ". 대부분 스로틀링으로 재시도를 포기한 것이므로 먼저 RCU/WCU를 늘리십시오",
    }
    fn sold_out_first() {
        en: "; most failed a condition, such as sold out: set up more stock if that was not intended",
        ko: ". 대부분 품절 등 조건 불일치이므로 의도한 것이 아니라면 재고를 늘려 준비하십시오",
    }
    fn throttled(throttled: &str, attempts: &str) {
        en: "{throttled} of {attempts} attempts were throttled",
        ko: "시도 {attempts}건 중 {throttled}건이 스로틀링되었습니다",
    }
    fn refused(throttled: &str, requests: &str) {
        en: "{throttled} of {requests} requests got a 429",
        ko: "요청 {requests}건 중 {throttled}건이 429로 거부되었습니다",
    }
    fn raise_units() {
        en: "; raise RCU/WCU, or switch to on-demand",
        ko: ". RCU/WCU를 늘리거나 온디맨드로 전환하십시오",
    }
    fn raise_limit() { en: "; raise the limit", ko: ". 제한값을 올리십시오" }
    fn no_wants_told() {
        en: "not measured: the test does not report what customers wanted (dynamodb_failed); use error_rate to judge requests",
        ko: "측정되지 않았습니다. 테스트가 고객 요구의 성패를 기록하지 않습니다(dynamodb_failed). 요청은 error_rate로 판정하십시오",
    }
}

pub(in crate::expectation) fn iterations(case: &Case<'_>) -> Looked {
    let seconds = case.seconds(Window::UnderLoad)?;
    let ended: f64 = seconds.iter().map(Second::iterations).sum();
    let length: f64 = seconds.iter().map(Second::length).sum();
    let seen = Observation::number(ended / length, "/s", "iteration-rate")
        .figure("iterations", ended)
        .figure("seconds", length)
        .figure("throttled", dynamodb::sum(&seconds, THROTTLED))
        .figure("wait_ms", dynamodb::sum(&seconds, BACK_OFF));
    Ok(case.with_ramps(seen))
}

pub(in crate::expectation) fn failures(case: &Case<'_>) -> Looked {
    let seconds = case.seconds(Window::Whole)?;
    let (mut note, mut failed, mut all, mut missed) = ("not-got", 0.0, 0.0, 0.0);
    match case.promise.scope.request.as_deref() {
        None => {
            for second in &seconds {
                failed += second.stat(FAILED, "trues");
                all += second.stat(FAILED, "total");
            }
            if case.judgement.definitions >= COUNTS_MISSED {
                missed = missed_of(&seconds).round();
            }
        }
        Some(wanted) => {
            for row in dynamodb::rows(&seconds, FAILED).filter(|row| tag(row, names::tag::PATTERN) == wanted)
            {
                failed += row.stats.value("trues");
                all += row.stats.value("total");
            }
        }
    }
    let count = |metric: &str| match case.promise.scope.request.as_deref() {
        None => dynamodb::sum(&seconds, metric),
        Some(name) => {
            let rows = dynamodb::rows(&seconds, metric).filter(|row| tag(row, names::tag::NAME) == name);
            rows.map(|row| row.stats.value("sum")).sum()
        }
    };
    let (gave_up, conditions, errors) = (count(GAVE_UP), count(CONDITION_FAILED), count(ERRORS));
    if all == 0.0 {
        // A script says what it calls, and not what its customers wanted.
        (note, failed, all) = ("not-served", gave_up + errors, count(CALLS));
    }
    if all == 0.0 {
        return Err(Observation::not_measured("no-wants-told").into());
    }
    let (failed, all) = (failed + missed, all + missed);
    let seen = Observation::number((100.0 * failed / all).min(100.0), "%", note);
    let seen = if missed > 0.0 { seen.figure("missed", missed) } else { seen };
    Ok(seen
        .figure("failed", failed)
        .figure("wanted", all)
        .figure("gave_up", gave_up)
        .figure("conditions", conditions)
        .figure("errors", errors))
}

pub(in crate::expectation) fn throttles(case: &Case<'_>) -> Looked {
    let seconds = case.seconds(Window::Whole)?;
    if !dynamodb::is_told(&seconds) {
        return refusals(case, &seconds);
    }
    let count = |metric: &str| match case.promise.scope.request.as_deref() {
        None => dynamodb::sum(&seconds, metric),
        Some(name) => {
            let rows = dynamodb::rows(&seconds, metric).filter(|row| tag(row, names::tag::NAME) == name);
            rows.map(|row| row.stats.value("sum")).sum()
        }
    };
    share(case, count(THROTTLED), count(ATTEMPTS), "throttled")
}

/// Where the target is not DynamoDB: answers 429.
fn refusals(case: &Case<'_>, seconds: &[Second<'_>]) -> Looked {
    let tally = case.tally(Window::Whole)?;
    let name = case.promise.scope.request.as_deref();
    let rows = seconds.iter().flat_map(|second| &second.line.rows);
    let refused = rows.filter(|row| {
        let is_asked = name.is_none_or(|name| is_named(row, name));
        row.metric == metric::HTTP_REQS
            && is_load(row)
            && is_asked
            && tag(row, names::tag::STATUS) == TOO_MANY
    });
    share(case, refused.map(|row| row.stats.value("sum")).sum(), tally.requests, "refused")
}

fn share(case: &Case<'_>, throttled: f64, attempts: f64, note: &'static str) -> Looked {
    if attempts == 0.0 {
        let none = match case.promise.scope.request.as_deref() {
            Some(name) => Observation::not_measured("no-request-then").label("request", name),
            None => Observation::not_measured("no-request"),
        };
        return Err(none.into());
    }
    let seen = Observation::number((100.0 * throttled / attempts).min(100.0), "%", note);
    Ok(seen.figure("throttled", throttled).figure("attempts", attempts))
}

pub(in crate::expectation) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let number = |name| said.number(name);
    let text = match said.note() {
        "iteration-rate" if said.leaves_ramps_out() => {
            ended_in_steps(lang, &number("iterations"), &number("seconds"))
        }
        "iteration-rate" => ended(lang, &number("iterations"), &number("seconds")),
        "not-got" => {
            let missed = match said.figure("missed") > 0.0 {
                true => never_asked(lang, &number("missed")),
                false => String::new(),
            };
            not_got(lang, &number("failed"), &number("wanted")) + &why(lang, said) + &missed
        }
        "not-served" => not_served(lang, &number("failed"), &number("wanted")) + &why(lang, said),
        "throttled" => throttled(lang, &number("throttled"), &number("attempts")),
        "refused" => refused(lang, &number("throttled"), &number("attempts")),
        "no-wants-told" => no_wants_told(lang),
        _ => return None,
    };
    Some(if said.is_missed() { text + &advice(lang, said) } else { text })
}

/// How the calls that failed ended.
fn why(lang: Lang, said: Said<'_>) -> String {
    let is_any = ["gave_up", "conditions", "errors"].iter().any(|name| said.figure(name) > 0.0);
    let [gave_up, conditions, errors] = ["gave_up", "conditions", "errors"].map(|name| said.number(name));
    if is_any { causes(lang, &gave_up, &conditions, &errors) } else { String::new() }
}

/// What a miss is usually due to.
fn advice(lang: Lang, said: Said<'_>) -> String {
    let of = |name| said.figure(name);
    match said.note() {
        "iteration-rate" if of("throttled") > 0.0 => {
            held_back(lang, &said.number("throttled"), &number(said.figure("wait_ms") / 1e3))
        }
        "iteration-rate" => more_workers(lang),
        "throttled" => raise_units(lang),
        "refused" => raise_limit(lang),
        _ if of("gave_up") > of("errors").max(of("conditions")) => gave_up_first(lang),
        _ if of("conditions") > of("errors") => sold_out_first(lang),
        "not-got" | "not-served" if of("errors") > 0.0 => check_access(lang),
        _ => String::new(),
    }
}
