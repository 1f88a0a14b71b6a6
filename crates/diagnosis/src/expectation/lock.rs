//! Lock contention is how much of the target's locking is waiting for others.
//!
//! Contended / (acquired + failed), of the counters `lock_contended_total`, `lock_acquired_total` and
//! `lock_failed_total` from the beginning to the end of the load. A target counts a lock as contended before it is
//! acquired, so that there can be more of these while the last ones still wait: then all of them were asked for. Of a target
//! that does not count contention but the time waited, `lock_wait_seconds`, it is the part of all response time that was
//! spent waiting, or the share that failed if that is more. Failures alone break a promise but cannot keep one: a lock
//! that is waited for a long time and then acquired has not failed.

use flashcrowd_metrics::names::metric;
use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::terms::{Looked, Observation};
use super::text::Said;
use super::verdict::meets;
use crate::course::Second;
use crate::instances::grown;

messages! {
    fn contended(contended: &str, asked: &str) {
        en: "{contended} of {asked} lock requests found the lock held by another request",
        ko: "락 요청 {asked}건 중 {contended}건이 이미 점유된 락을 요청했습니다",
    }
    fn spent_waiting(waited: &str, asked: &str, all: &str, failed: &str) {
        en: "requests waited {waited} s for locks, of {all} s of response time in all; of {asked} lock requests, {failed} failed",
        ko: "전체 응답 시간 {all}초 중 {waited}초를 락 대기에 썼습니다. 락 요청 {asked}건 중 실패는 {failed}건입니다",
    }
    fn failed(failed: &str, asked: &str) {
        en: "{failed} of {asked} lock requests failed",
        ko: "락 요청 {asked}건 중 {failed}건이 락을 얻지 못했습니다",
    }
    fn waiting_not_told(failed: &str, asked: &str) {
        en: "not measured: {failed} of {asked} lock requests failed, but the target does not tell how many had to wait (lock_contended_total) or for how long (lock_wait_seconds)",
        ko: "측정되지 않았습니다. 락 요청 {asked}건 중 실패는 {failed}건이지만, 대기한 횟수(lock_contended_total)나 시간(lock_wait_seconds) 지표가 대상에 없습니다",
    }
    fn not_told() {
        en: "not measured: the target does not expose its locks (lock_acquired_total, lock_contended_total)",
        ko: "측정되지 않았습니다. 대상의 락 지표가 없습니다(lock_acquired_total, lock_contended_total)",
    }
    fn none_taken() {
        en: "not measured: no lock was requested during the load",
        ko: "측정되지 않았습니다. 부하 중에 락 요청이 없었습니다",
    }
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let seconds = &case.course.seconds;
    let grown = |name| grown(seconds, name);
    let Some(acquired) = grown("lock_acquired_total") else {
        return Err(Observation::not_measured("locks-not-told").into());
    };
    let failed = grown("lock_failed_total").unwrap_or_default();
    let contended = grown("lock_contended_total");
    let asked = (acquired + failed).max(contended.unwrap_or_default());
    if asked <= 0.0 {
        return Err(Observation::not_measured("no-locks").into());
    }
    let refused = 100.0 * failed / asked;
    let seen = match (contended, grown("lock_wait_seconds_sum")) {
        (Some(contended), _) if contended >= failed => {
            Observation::number(100.0 * contended / asked, "%", "contended").figure("contended", contended)
        }
        (None, Some(waited)) if waiting(seconds, waited) >= refused => {
            Observation::number(waiting(seconds, waited), "%", "locks-waited")
                .figure("waited", waited)
                .figure("response_times", response_times(seconds))
        }
        (None, None) if meets(case.promise, refused) => Observation::not_measured("waiting-not-told"),
        _ => Observation::number(refused, "%", "locks-failed"),
    };
    Ok(seen.figure("asked", asked).figure("failed", failed))
}

/// The part of all response time that was spent waiting for locks, in percent.
fn waiting(seconds: &[Second<'_>], waited: f64) -> f64 {
    let all = response_times(seconds);
    if all > 0.0 { (100.0 * waited / all).min(100.0) } else { 0.0 }
}

/// The sum of all response times, in seconds.
fn response_times(seconds: &[Second<'_>]) -> f64 {
    seconds.iter().map(|second| second.stat(metric::HTTP_REQ_DURATION, "sum")).sum::<f64>() / 1e3
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (asked, failures) = (said.number("asked"), said.number("failed"));
    let (waited, all) = (said.number("waited"), said.number("response_times"));
    Some(match said.note() {
        "contended" => contended(lang, &said.number("contended"), &asked),
        "locks-waited" => spent_waiting(lang, &waited, &asked, &all, &failures),
        "locks-failed" => failed(lang, &failures, &asked),
        "waiting-not-told" => waiting_not_told(lang, &failures, &asked),
        "locks-not-told" => not_told(lang),
        "no-locks" => none_taken(lang),
        _ => return None,
    })
}
