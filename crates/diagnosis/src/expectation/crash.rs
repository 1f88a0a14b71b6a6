//! A target crashed when it stopped answering: for three seconds in a row, until the end, or because it was restarted.
//!
//! A second is *dead* when at least nine in ten of its requests got no answer or a 5xx, or when no request ended in it.
//! Dead seconds in which no request ended count only when ten answers would have been usual in that time.

use flashcrowd_text::{Lang, messages};

use super::case::Case;
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::course::{Course, Second};
use crate::instances::restart;
use crate::pace::Pace;

/// The fewest dead seconds in a row that are a crash, and at the end of the load.
const CRASH: f64 = 3.0;
const AT_THE_END: f64 = 2.0;

/// Seconds are not that exact.
const JITTER: f64 = 0.1;

/// From this share of requests without an answer on, a second is dead.
const NEARLY_ALL: f64 = 0.9;

/// Where this many responses are usual, none at all is strange.
const USUAL: f64 = 10.0;

messages! {
    fn answered(seconds: &str) {
        en: "the target kept responding for {seconds} s of load",
        ko: "부하 {seconds}초 동안 대상이 계속 응답했습니다",
    }
    fn stopped(at: &str, seconds: &str) {
        en: "from second {at}, the target gave no usable response for {seconds} s",
        ko: "{at}초 시점부터 {seconds}초 동안 대상이 정상적으로 응답하지 않았습니다",
    }
    fn dead_at_end(at: &str) {
        en: "from second {at}, the target gave no usable response until the end",
        ko: "{at}초 시점부터 테스트가 끝날 때까지 대상이 정상적으로 응답하지 않았습니다",
    }
    fn restarted(at: &str) {
        en: "the target's process had restarted by second {at} (process_start_time_seconds)",
        ko: "{at}초 시점에 대상 프로세스가 재시작되었습니다(process_start_time_seconds)",
    }
}

pub(super) fn look(case: &Case<'_>) -> Looked {
    let course = case.course;
    let seconds: Vec<Second<'_>> = loaded(course);
    if seconds.iter().all(|second| second.requests() == 0.0) {
        return Err(Observation::not_measured("no-request").into());
    }
    let pace = Pace::of(&seconds);
    let mut from = 0;
    for run in seconds.chunk_by(|a, b| is_dead(a) == is_dead(b)) {
        let (start, end) = (run[0].start, run[run.len() - 1].end);
        from += run.len();
        let (is_over, lasted) = (from < seconds.len(), end - start);
        if !is_dead(&run[0]) || !is_strange(run, pace) {
            continue;
        }
        if !is_over && lasted >= AT_THE_END - JITTER {
            return Ok(Observation::truth(false, "dead-at-end").figure("at", start));
        }
        if lasted >= CRASH - JITTER {
            return Ok(Observation::truth(false, "stopped").figure("at", start).figure("seconds", lasted));
        }
    }
    if let Some(at) = restart(&course.seconds, &case.evidence.run.start) {
        return Ok(Observation::truth(false, "restarted").figure("at", at));
    }
    let lasted: f64 = seconds.iter().map(Second::length).sum();
    Ok(Observation::truth(true, "answered").figure("seconds", lasted))
}

/// The intervals up to the end of the load in which somebody could have asked.
pub(super) fn loaded<'a>(course: &Course<'a>) -> Vec<Second<'a>> {
    let asks = |second: &Second<'_>| {
        second.users() > 0.0 || second.due_rate().is_some_and(|rate| rate > 0.0) || second.requests() > 0.0
    };
    course.between(0.0, course.end()).into_iter().filter(asks).collect()
}

/// Whether nearly all requests of a second got no usable answer, or none ended.
fn is_dead(second: &Second<'_>) -> bool {
    second.unanswered() >= second.requests() * NEARLY_ALL
}

/// Whether some seconds without an answer are more than a pause between requests.
fn is_strange(run: &[Second<'_>], pace: Pace) -> bool {
    run.iter().any(|second| second.requests() > 0.0)
        || run.iter().map(|second| pace.expects(second)).sum::<f64>() >= USUAL
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (at, seconds) = (said.number("at"), said.number("seconds"));
    Some(match said.note() {
        "answered" => answered(lang, &seconds),
        "stopped" => stopped(lang, &at, &seconds),
        "dead-at-end" => dead_at_end(lang, &at),
        "restarted" => restarted(lang, &at),
        _ => return None,
    })
}
