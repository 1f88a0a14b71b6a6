//! Response times are judged over all requests that ended outside ramps, late answers after the last phase too.
//!
//! Percentiles are those of all these requests together: as the results have them, if that is every request of the run, else
//! out of the seconds' distributions, which are merged, never averaged. Records of earlier versions keep no more than
//! percentiles of each second of one request; its distribution is estimated from those.

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::{Results, Stats};
use flashcrowd_text::{Lang, messages};

use super::case::{Case, Window};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::tally::{Tally, names_request};

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
    fn estimated() {
        en: "; estimated from the percentiles of each second",
        ko: ". 초 단위 백분위수로 추정한 값입니다",
    }
}

pub(super) fn percentile(case: &Case<'_>) -> Looked {
    let percent = case.promise.percentile.unwrap_or(99.0);
    observe(case, |tally| exact(case, tally, percent).or(tally.durations.percentile(percent)))
}

/// The percentile as the results have it, where the promise is about all requests that they count: within 0.1%.
fn exact(case: &Case<'_>, tally: &Tally, percent: f64) -> Option<f64> {
    let results = case.evidence.results?;
    let stats = match case.promise.scope.request.as_deref() {
        None => &results.metric(metric::HTTP_REQ_DURATION)?.stats,
        Some(name) => only(results, name)?,
    };
    let name = if percent == 50.0 { "med".to_owned() } else { format!("p({percent})") };
    stats.get(&name).filter(|_| stats.value("count") == tally.times)
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
    observe(case, Tally::average)
}

pub(super) fn longest(case: &Case<'_>) -> Looked {
    observe(case, |tally| tally.longest)
}

pub(super) fn shortest(case: &Case<'_>) -> Looked {
    observe(case, |tally| tally.shortest)
}

fn observe(case: &Case<'_>, value: impl Fn(&Tally) -> Option<f64>) -> Looked {
    let tally = case.tally(Window::WithoutRamps)?;
    if tally.answered() < tally.silent {
        return Err(Observation::not_measured("no-answers").into());
    }
    let note = if tally.is_estimate && case.promise.percentile.is_some() {
        "response-time-estimated"
    } else {
        "response-time"
    };
    let Some(ms) = value(&tally) else { return Err(Observation::not_measured("no-request").into()) };
    let seen = Observation::number(ms, "ms", note);
    Ok(case.with_ramps(seen.figure("requests", tally.requests).figure("seconds", tally.seconds)))
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let (requests, seconds) = (said.number("requests"), said.number("seconds"));
    let measured = match said.leaves_ramps_out() {
        true => measured_in_steps(lang, &requests, &seconds),
        false => measured(lang, &requests, &seconds),
    };
    match said.note() {
        "response-time" => Some(measured),
        "no-answers" => Some(no_answers(lang)),
        "response-time-estimated" => Some(measured + &estimated(lang)),
        _ => None,
    }
}
