//! Response times are judged over all requests that ended outside ramps, late answers after the last phase too.
//!
//! Percentiles are those of all these requests together: as the results have them, if that is every request of the run, else
//! out of the seconds' distributions, which are merged, never averaged. Of one request a record keeps percentiles of each
//! second only, so that its distribution is put together from those.

use flashcrowd_metrics::names::metric;
use flashcrowd_text::{Lang, messages};

use super::case::{Case, Window};
use super::terms::{Looked, Observation};
use super::text::Said;
use crate::tally::Tally;

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

/// The percentile as the results have it, where the promise is about all of their requests: within 0.1%.
fn exact(case: &Case<'_>, tally: &Tally, percent: f64) -> Option<f64> {
    let results = case.evidence.results.filter(|_| case.promise.scope.request.is_none())?;
    let is_all = results.metric(metric::HTTP_REQ_DURATION)?.stats.value("count") == tally.requests;
    let name = if percent == 50.0 { "med".to_owned() } else { format!("p({percent})") };
    results.metric(metric::HTTP_REQ_DURATION).filter(|_| is_all)?.stats.get(&name)
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
    let is_estimate = case.promise.scope.request.is_some() && case.promise.percentile.is_some();
    let note = if is_estimate { "response-time-estimated" } else { "response-time" };
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
