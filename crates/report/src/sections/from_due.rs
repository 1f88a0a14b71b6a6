//! Service and response times side by side: from when a request was sent, and from when it was due.

use flashcrowd_record::{ResponseTime, ResponseTimes};
use flashcrowd_text::{Lang, figure, messages};

use crate::measures::Measures;
use crate::model::Report;

messages! {
    pub(crate) fn heading() { en: "Service and Response Time", ko: "서비스 시간과 응답 시간" }
    fn from() { en: "Time", ko: "구분" }
    fn longest() { en: "max", ko: "최대" }
    fn service() { en: "Service time", ko: "서비스 시간" }
    fn response() { en: "Response time", ko: "응답 시간" }
    fn service_note() {
        en: "Service time counts from when a request was sent: how long the target took.",
        ko: "서비스 시간은 요청을 보낸 시점부터 잰 값으로, 대상이 처리하는 데 걸린 시간입니다.",
    }
    fn response_note() {
        en: "Response time counts from when the request was due: how long a user waited who arrived then.",
        ko: "응답 시간은 요청이 시작되어야 할 시점부터 잰 값으로, 그때 도착한 사용자가 기다린 시간입니다.",
    }
    fn never_note(share: String) {
        en: "{share} of the iterations never started and count as slower than all others; ≥ marks a lower bound.",
        ko: "시작되지 못한 반복 {share}는 다른 모든 요청보다 느린 것으로 계산했으며, ≥는 하한을 뜻합니다.",
    }
}

/// A table of both times, with what they mean.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Both {
    /// The heads of the columns.
    pub heads: Vec<String>,
    /// A row for each: its name, then its percentiles.
    pub rows: Vec<Vec<String>>,
    /// What they mean, one sentence each.
    pub notes: Vec<String>,
}

/// Both times; none where requests have no due times.
pub(crate) fn both(lang: Lang, report: &Report) -> Option<Both> {
    let from_due = report.judgement.response_times?;
    let times = Measures::of(report).times?;
    let plain = [times.p50, times.p90, times.p95, times.p99, times.max].map(|ms| figure::duration(lang, ms));
    let ResponseTimes { never_started, p50, p90, p95, p99, max, .. } = from_due;
    let bounded = [p50, p90, p95, p99, max].map(|time| shown(lang, time));
    let named = |name: String, cells: [String; 5]| [name].into_iter().chain(cells).collect();
    let heads = [from(lang), "p50".into(), "p90".into(), "p95".into(), "p99".into(), longest(lang)];
    let never = (never_started > 0.0).then(|| never_note(lang, figure::percent(never_started)));
    Some(Both {
        heads: heads.into(),
        rows: vec![named(service(lang), plain), named(response(lang), bounded)],
        notes: [service_note(lang), response_note(lang)].into_iter().chain(never).collect(),
    })
}

/// The response times of a step, p95 and p99.
pub(crate) fn of_step(lang: Lang, times: Option<&Option<ResponseTimes>>) -> [String; 2] {
    match times.copied().flatten() {
        Some(times) => [times.p95, times.p99].map(|time| shown(lang, time)),
        None => [(); 2].map(|()| figure::NOTHING.to_owned()),
    }
}

/// A response time, or what it is at least.
pub(crate) fn shown(lang: Lang, time: ResponseTime) -> String {
    format!("{}{}", if time.at_least { "≥ " } else { "" }, figure::duration(lang, time.ms))
}
