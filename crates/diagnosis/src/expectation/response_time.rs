//! Response times are judged over all requests that ended outside ramps, late answers after the last phase too.
//!
//! Where requests have due times (those of a rate), response times count from these: how late a request was sent is part of
//! it. Iterations that never started have no response time: they count as slower than all others, as many for each
//! request as there were for those that started. A percentile among them is not known; what is shown then is the
//! longest time that was measured, as a lower bound.
//!
//! Percentiles are those of all these requests together: as the results have them, if that is every request of the run, else
//! out of the seconds' distributions, which are merged, never averaged. Records of earlier versions keep no more than
//! percentiles of each second of one request; its distribution is estimated from those.

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::{Mark, ResponseTime, Results, Stats};
use flashcrowd_text::{Lang, messages};

use super::case::{Case, Window};
use super::terms::{Looked, Observation, Op, Target};
use super::text::Said;
use super::verdict::meets;
use crate::from_due::{among_measured, average as average_of, never_started as share_dropped};
use crate::tally::{Tally, names_request};

/// The figure that says that times count from when requests were due.
const FROM_DUE: &str = "from_due";

messages! {
    fn measured(requests: &str, seconds: &str) {
        en: "over {requests} requests in {seconds} s",
        ko: "{seconds}초 동안의 요청 {requests}건 기준입니다",
    }
    fn measured_in_steps(requests: &str, seconds: &str) {
        en: "over {requests} requests in {seconds} s of steps, without ramps",
        ko: "램프 구간을 제외한 단계 {seconds}초 동안의 요청 {requests}건 기준입니다",
    }
    fn no_answers() {
        en: "not measured: most requests got no response, and how fast they failed means nothing",
        ko: "측정되지 않았습니다. 대부분의 요청이 응답을 받지 못했으며, 실패까지 걸린 시간은 의미가 없습니다",
    }
    fn from_due() {
        en: ", from when each was due",
        ko: ". 각 요청이 시작되어야 할 시각부터 측정했습니다",
    }
    fn never_started(never: &str) {
        en: "; {never}% of the iterations never started and count as slower than these",
        ko: ". 시작되지 못한 반복 {never}%는 이보다 느린 것으로 계산했습니다",
    }
    fn at_least(never: &str) {
        en: "; a lower bound, the longest time measured: {never}% of the iterations that were due never started",
        ko: ". 예정된 반복의 {never}%가 시작되지 못해, 측정된 최댓값을 하한으로 표시합니다",
    }
    fn at_least_on_average(never: &str) {
        en: "; a lower bound: {never}% of the iterations never started and count with the longest time measured",
        ko: ". 시작되지 못한 반복 {never}%를 측정된 최댓값으로 계산한 하한입니다",
    }
    fn estimated() {
        en: "; estimated from the percentiles of each second",
        ko: ". 초 단위 백분위수로 추정한 값입니다",
    }
}

/// What response times are taken from.
#[derive(Debug)]
struct Times {
    tally: Tally,
    /// Whether they count from when requests were due.
    is_from_due: bool,
    /// The share of the iterations that were due and never started.
    never: f64,
}

/// A time, or what it is at least.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Time {
    Exactly(f64),
    /// It is among those that never started.
    AtLeast(f64),
    /// It would be longer if those that never started had times.
    AtLeastOnAverage(f64),
}

pub(super) fn percentile(case: &Case<'_>) -> Looked {
    let percent = case.promise.percentile.unwrap_or(99.0);
    observe(case, |times| {
        let Times { tally, never, .. } = times;
        let Some(percent) = among_measured(percent, tally.times, *never) else {
            return tally.longest.map(Time::AtLeast);
        };
        let exact = if *never > 0.0 { None } else { exact(case, times, percent) };
        exact.or(tally.durations.percentile(percent)).map(Time::Exactly)
    })
}

/// The percentile as the results have it, where the promise is about all requests that they count: within 0.1%.
fn exact(case: &Case<'_>, times: &Times, percent: f64) -> Option<f64> {
    let results = case.evidence.results?;
    let metric = if times.is_from_due { metric::HTTP_REQ_RESPONSE_TIME } else { metric::HTTP_REQ_DURATION };
    let stats = match case.promise.scope.request.as_deref() {
        None => &results.metric(metric)?.stats,
        // Of single requests, results have durations alone.
        Some(name) if !times.is_from_due => only(results, name)?,
        Some(_) => return None,
    };
    let name = if percent == 50.0 { "med".to_owned() } else { format!("p({percent})") };
    stats.get(&name).filter(|_| stats.value("count") == times.tally.times)
}

/// The times of the one request with that name; none where several methods share it.
fn only<'a>(results: &'a Results, name: &str) -> Option<&'a Stats> {
    let mut rows = results.rows.iter().filter(|row| row.view == view::BY_REQUEST);
    let mut named = rows.by_ref().filter(|row| {
        let tag = |key: &str| row.tags.get(key).map_or("", String::as_str);
        names_request(tag(tag::METHOD), tag(tag::NAME), name)
    });
    let found = named.next()?;
    named.next().is_none().then_some(&found.stats)
}

pub(super) fn average(case: &Case<'_>) -> Looked {
    observe(case, |Times { tally, never, .. }| {
        let ResponseTime { ms, at_least } = average_of(tally, *never)?;
        Some(if at_least { Time::AtLeastOnAverage(ms) } else { Time::Exactly(ms) })
    })
}

pub(super) fn longest(case: &Case<'_>) -> Looked {
    observe(case, |times| {
        times.tally.longest.map(if times.never > 0.0 { Time::AtLeast } else { Time::Exactly })
    })
}

pub(super) fn shortest(case: &Case<'_>) -> Looked {
    observe(case, |times| times.tally.shortest.map(Time::Exactly))
}

fn times(case: &Case<'_>) -> Result<Times, Box<Observation>> {
    let seconds = case.seconds(Window::WithoutRamps)?;
    let tally = case.tally(Window::WithoutRamps)?;
    Ok(match Tally::from_due(&seconds, case.promise.scope.request.as_deref()) {
        Some(tally) => Times { tally, is_from_due: true, never: share_dropped(&seconds) },
        None => Times { tally, is_from_due: false, never: 0.0 },
    })
}

fn observe(case: &Case<'_>, value: impl Fn(&Times) -> Option<Time>) -> Looked {
    let times = times(case)?;
    let tally = &times.tally;
    if tally.answered() < tally.silent {
        return Err(Observation::not_measured("no-answers").into());
    }
    let note = if tally.is_estimate && case.promise.percentile.is_some() {
        "response-time-estimated"
    } else {
        "response-time"
    };
    let Some(time) = value(&times) else {
        return Err(Observation::not_measured("no-request").into());
    };
    let mut seen = match time {
        Time::Exactly(ms) => Observation::number(ms, "ms", note),
        Time::AtLeast(ms) => Observation::number(ms, "ms", "response-time-at-least"),
        Time::AtLeastOnAverage(ms) => Observation::number(ms, "ms", "response-time-at-least-on-average"),
    };
    // A lower bound that is below the limit says nothing, and what has no end exceeds any limit.
    let wants_less =
        matches!(case.promise.target, Target::Bound { op: Op::Below | Op::AtMost | Op::Equal, .. });
    seen = match time {
        Time::AtLeast(_) if wants_less => seen.marked(Mark::Fail),
        Time::AtLeastOnAverage(ms) if wants_less && meets(case.promise, ms) => seen.marked(Mark::Warn),
        _ => seen,
    };
    seen = seen.figure("requests", tally.requests).figure("seconds", tally.seconds);
    if times.is_from_due {
        seen = seen.figure(FROM_DUE, 1.0).figure("never", times.never * 100.0);
    }
    Ok(case.with_ramps(seen))
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (requests, seconds) = (said.number("requests"), said.number("seconds"));
    let measured = match said.leaves_ramps_out() {
        true => measured_in_steps(lang, &requests, &seconds),
        false => measured(lang, &requests, &seconds),
    };
    let is_from_due = said.figure(FROM_DUE) > 0.0;
    let measured = if is_from_due { measured + &from_due(lang) } else { measured };
    let never = said.percent("never");
    let missing = if said.figure("never") > 0.0 { never_started(lang, &never) } else { String::new() };
    match said.note() {
        "response-time" => Some(measured + &missing),
        "response-time-at-least" => Some(measured + &at_least(lang, &never)),
        "response-time-at-least-on-average" => Some(measured + &at_least_on_average(lang, &never)),
        "no-answers" => Some(no_answers(lang)),
        "response-time-estimated" => Some(measured + &missing + &estimated(lang)),
        _ => None,
    }
}
