//! Totals are counts over a run: errors, throughput, checks, dropped iterations, users.
//!
//! What failed counts wherever it failed, ramps included. Throughput is what was served while the load was what was
//! ordered, so that ramps are left out of it.

use flashcrowd_metrics::names::metric;
use flashcrowd_text::{Lang, messages};

use super::case::{Case, Window};
use super::terms::Target;
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::Second;

messages! {
    fn failed(failed: &str, requests: &str) {
        en: "{failed} of {requests} requests failed",
        ko: "요청 {requests}건 중 {failed}건이 실패했습니다",
    }
    fn no_failures_told() {
        en: "not measured: the test does not report which requests failed (http_req_failed)",
        ko: "측정되지 않았습니다. 테스트가 실패한 요청을 기록하지 않습니다(http_req_failed)",
    }
    fn served(requests: &str, seconds: &str) {
        en: "{requests} requests answered, including errors, in {seconds} s",
        ko: "{seconds}초 동안 오류 응답을 포함하여 요청 {requests}건에 응답했습니다",
    }
    fn served_in_steps(requests: &str, seconds: &str) {
        en: "{requests} requests answered, including errors, in {seconds} s of steps, without ramps",
        ko: "램프 구간을 제외한 단계 {seconds}초 동안 오류 응답을 포함하여 요청 {requests}건에 응답했습니다",
    }
    fn passed(passed: &str, all: &str) {
        en: "{passed} of {all} checks passed",
        ko: "체크 {all}건 중 {passed}건이 통과했습니다",
    }
    fn no_checks() { en: "not measured: the test has no checks", ko: "측정되지 않았습니다. 테스트에 체크가 없습니다" }
    fn never_started(dropped: &str, due: &str) {
        en: "{dropped} of {due} iterations that were due never started",
        ko: "시작되어야 할 반복 {due}건 중 {dropped}건이 누락되었습니다",
    }
    fn at_once(users: &str) {
        en: "at most {users} virtual users at the same time",
        ko: "동시 가상 사용자는 최대 {users}명이었습니다",
    }
}

pub(super) fn error_rate(case: &Case<'_>) -> Looked {
    let tally = case.tally(Window::Whole)?;
    let told =
        case.course.seconds.iter().any(|second| second.line.metrics.contains_key(metric::HTTP_REQ_FAILED));
    let Some(share) = tally.error_rate().filter(|_| told) else {
        return Err(Observation::not_measured("no-failures-told").into());
    };
    let seen = Observation::number(share * 100.0, "%", "failed");
    Ok(seen.figure("failed", tally.failed).figure("requests", tally.requests))
}

pub(super) fn throughput(case: &Case<'_>) -> Looked {
    let tally = case.tally(Window::UnderLoad)?;
    let rate = tally.per_second().unwrap_or_default();
    let seen = Observation::number(rate, "/s", "throughput");
    Ok(case.with_ramps(seen.figure("requests", tally.answered()).figure("seconds", tally.seconds)))
}

pub(super) fn checks(case: &Case<'_>) -> Looked {
    let seconds = case.seconds(Window::Whole)?;
    let (passed, all) = seconds
        .iter()
        .map(Second::checks)
        .fold((0.0, 0.0), |sum, checks| (sum.0 + checks.0, sum.1 + checks.1));
    if all == 0.0 {
        return Err(Observation::not_measured("no-checks").into());
    }
    let seen = Observation::number(100.0 * passed / all, "%", "checks");
    Ok(seen.figure("passed", passed).figure("all", all))
}

pub(super) fn dropped(case: &Case<'_>) -> Looked {
    let seconds = case.seconds(Window::Whole)?;
    let dropped: f64 = seconds.iter().map(Second::dropped).sum();
    let due = dropped + seconds.iter().map(Second::iterations).sum::<f64>();
    let seen = match case.promise.target {
        Target::Bound { percent: true, .. } if due > 0.0 => {
            Observation::number(100.0 * dropped / due, "%", "dropped")
        }
        _ => Observation::number(dropped, "", "dropped"),
    };
    Ok(seen.figure("dropped", dropped).figure("due", due))
}

pub(super) fn concurrency(case: &Case<'_>) -> Looked {
    let users = case.seconds(Window::Whole)?.iter().map(Second::users).fold(0.0, f64::max);
    Ok(Observation::number(users, "users", "concurrency").figure("users", users))
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    Some(match said.note() {
        "failed" => failed(lang, &said.number("failed"), &said.number("requests")),
        "no-failures-told" => no_failures_told(lang),
        "throughput" if said.leaves_ramps_out() => {
            served_in_steps(lang, &said.number("requests"), &said.number("seconds"))
        }
        "throughput" => served(lang, &said.number("requests"), &said.number("seconds")),
        "checks" => passed(lang, &said.number("passed"), &said.number("all")),
        "no-checks" => no_checks(lang),
        "dropped" => never_started(lang, &said.number("dropped"), &said.number("due")),
        "concurrency" => at_once(lang, &said.number("users")),
        _ => return None,
    })
}
