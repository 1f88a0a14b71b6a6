//! The notes say how the figures were made.

use flashcrowd_text::{Lang, messages};
use maud::{Markup, html};

use super::charts::thinned;
use crate::chart::Course;
use crate::model::Report;

messages! {
    fn heading() { en: "How these figures are calculated", ko: "지표 산출 방법" }
    fn percentiles() {
        en: "Percentiles come from all requests, not from a sample: exact up to 4,096 of them, from a histogram that is \
             within 0.1% above that. Percentiles of workers and intervals are never averaged; distributions are merged.",
        ko: "백분위는 표본이 아니라 전체 요청으로 계산합니다. 4,096건까지는 정확한 값이고, 그보다 많으면 오차 0.1% 이내의 \
             히스토그램을 씁니다. 워커별, 구간별 백분위를 평균 내지 않고 분포를 병합합니다.",
    }
    fn merged() {
        en: "Percentiles of a step come from the distributions that the timeline keeps for each second, within 1%.",
        ko: "단계별 백분위는 타임라인이 초마다 남긴 분포(오차 1% 이내)를 합쳐 계산합니다.",
    }
    fn ramps() {
        en: "The figures of a step exclude its ramp: they were measured at the planned load.",
        ko: "단계별 지표는 부하 증가 구간을 제외하고, 계획한 부하에 도달한 뒤 측정한 값입니다.",
    }
    fn response_times() {
        en: "A response time is from sending a request to receiving the last byte of the response; it does not include connection setup.",
        ko: "응답 시간은 요청을 보내기 시작해 응답의 마지막 바이트를 받을 때까지이며, 연결 수립 시간은 포함하지 않습니다.",
    }
    fn whole() {
        en: "Figures for the whole run include ramps and failed requests.",
        ko: "전체 지표에는 부하 증가 구간과 실패한 요청도 포함됩니다.",
    }
    fn made_by(tool: &str) { en: "Made by {tool} from its record of the run.", ko: "{tool}의 실행 기록으로 작성되었습니다." }
}

/// The notes, at the foot of the page.
pub(crate) fn notes(report: &Report, lang: Lang) -> Markup {
    let tool = &report.record.run.tool;
    let tool = format!("{} {}", tool.name, tool.version);
    let course = Course::of(&report.record);
    html! {
        footer aria-labelledby="notes" {
            h2 #notes { (heading(lang)) }
            ul {
                li { (percentiles(lang)) }
                @if !report.judgement.steps.is_empty() {
                    li { (ramps(lang)) }
                    li { (merged(lang)) }
                }
                li { (response_times(lang)) }
                li { (whole(lang)) }
                @if let Some(intervals) = course.thinned() { li { (thinned(lang, intervals)) } }
            }
            p { (made_by(lang, tool.trim())) }
        }
    }
}
