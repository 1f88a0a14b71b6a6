//! Lock contention is how many of the target's locks were taken when they were asked for.
//!
//! Contended / (acquired + failed), of the counters `lock_contended_total`, `lock_acquired_total` and
//! `lock_failed_total` from the beginning to the end of the load. A target counts a lock as contended before it is
//! acquired, so that there can be more of these while the last ones still wait: then all of them were asked for. A target
//! that does not count contention is judged by failed / (acquired + failed).

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::Course;

messages! {
    fn contended(contended: &str, asked: &str) {
        en: "{contended} of {asked} lock requests found the lock held by another request",
        ko: "락 요청 {asked}건 중 {contended}건이 이미 점유된 락을 요청했습니다",
    }
    fn failed(failed: &str, asked: &str) {
        en: "{failed} of {asked} lock requests failed; the target does not count those that had to wait",
        ko: "락 요청 {asked}건 중 {failed}건이 락을 얻지 못했습니다. 대상은 락 대기 횟수를 제공하지 않습니다",
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
    let grown = |name| grown(case.course, name);
    let Some(acquired) = grown("lock_acquired_total") else {
        return Err(Observation::not_measured("locks-not-told").into());
    };
    let (failed, contended) = (grown("lock_failed_total"), grown("lock_contended_total"));
    let asked = (acquired + failed.unwrap_or_default()).max(contended.unwrap_or_default());
    let (some, note) = match (contended, failed) {
        (Some(contended), _) => (contended, "contended"),
        (None, Some(failed)) => (failed, "locks-failed"),
        (None, None) => return Err(Observation::not_measured("locks-not-told").into()),
    };
    if asked <= 0.0 {
        return Err(Observation::not_measured("no-locks").into());
    }
    let seen = Observation::number(100.0 * some / asked, "%", note);
    Ok(seen.figure("some", some).figure("asked", asked))
}

/// How much a counter of the target grew; one that was reset counts from zero.
fn grown(course: &Course<'_>, name: &str) -> Option<f64> {
    let told: Vec<f64> = course.seconds.iter().filter_map(|second| second.target(name)).collect();
    let between = |pair: &[f64]| if pair[1] >= pair[0] { pair[1] - pair[0] } else { pair[1] };
    (told.len() > 1).then(|| told.windows(2).map(between).sum())
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (some, asked) = (said.number("some"), said.number("asked"));
    Some(match said.note() {
        "contended" => contended(lang, &some, &asked),
        "locks-failed" => failed(lang, &some, &asked),
        "locks-not-told" => not_told(lang),
        "no-locks" => none_taken(lang),
        _ => return None,
    })
}
