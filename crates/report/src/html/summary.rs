//! The summary: key figures, what was expected and what became of it, thresholds, stocks, and what it means.

use flashcrowd_diagnosis::expectation_text;
use flashcrowd_record::{
    Audit, ExpectationResult, Mark, MetricResult, ResponseTime, ResponseTimes, ThresholdResult,
};
use flashcrowd_text::{Lang, figure, messages};
use maud::{Markup, html};

use super::icon;
use super::table::{Head, Row, Table};
use crate::measures::{Measures, Times};
use crate::model::Report;
use crate::sections::counting;
use crate::sections::from_due::{self, Both, shown};
use crate::{analysis, details, words};

messages! {
    fn requests() { en: "Requests", ko: "요청 수" }
    fn rate() { en: "Requests per second", ko: "초당 요청 수" }
    fn users() { en: "Peak users", ko: "최대 사용자" }
    fn dropped() { en: "Dropped iterations", ko: "누락된 반복" }
    fn throttled() { en: "Throttled", ko: "스로틀링" }
    fn expectation() { en: "Expectation", ko: "기대 조건" }
    fn evidence() { en: "Evidence", ko: "판정 근거" }
    fn thresholds() { en: "Thresholds", ko: "임계값" }
    fn threshold() { en: "Threshold", ko: "조건" }
    fn stocks() { en: "Stock before and after", ko: "실행 전후 재고" }
    fn stock() { en: "Stock", ko: "재고" }
    fn before() { en: "Before", ko: "실행 전" }
    fn after() { en: "After", ko: "실행 후" }
    fn sold() { en: "Sold", ko: "판매" }
    fn missing() { en: "Difference", ko: "차이" }
    fn oversold(count: String) { en: "{count} oversold", ko: "{count}개 초과 판매" }
    fn lost(count: String) { en: "{count} lost", ko: "{count}개 유실" }
}

/// The summary.
pub(crate) fn summary(report: &Report, lang: Lang) -> Markup {
    let judgement = &report.judgement;
    let expected: Vec<Row> = judgement.expectations.iter().map(|one| expected(one, lang)).collect();
    let crossed: Vec<Row> = report
        .results
        .metrics
        .iter()
        .flat_map(|metric| metric.thresholds.iter().map(move |threshold| (metric, threshold)))
        .map(|(metric, threshold)| of_threshold(metric, threshold, lang))
        .collect();
    let stocked: Vec<Row> = report.results.audits.iter().map(|audit| of_stock(audit, lang)).collect();
    let told = analysis::conclusion(lang, report);
    html! {
        section aria-labelledby="summary" {
            h2 #summary { (words::summary_heading(lang)) }
            (tiles(report, lang))
            @if let Some(note) = counting::note(lang, report) { p .note { (note) } }
            @if let Some(both) = from_due::both(lang, report) { (both_times(both, lang)) }
            @if told.len() > 1 { p .prose { (told[1..].join(" ")) } }
            @if !expected.is_empty() {
                h3 { (words::expectations_heading(lang)) }
                (judged(words::expectations_heading(lang), expectation(lang), Some(evidence(lang)), expected, lang))
            }
            @if !crossed.is_empty() {
                h3 { (thresholds(lang)) }
                (judged(thresholds(lang), threshold(lang), None, crossed, lang))
            }
            @if !stocked.is_empty() {
                h3 { (stocks(lang)) }
                (Table { caption: stocks(lang), heads: stock_heads(lang), rows: stocked }.render())
            }
        }
    }
}

/// The key figures, each with the mark of what was expected of it.
fn tiles(report: &Report, lang: Lang) -> Markup {
    let measures = Measures::of(report);
    let time = |of: fn(&Times) -> f64| {
        measures
            .times
            .as_ref()
            .map_or_else(|| figure::NOTHING.to_owned(), |times| figure::duration(lang, of(times)))
    };
    let from_due = report.judgement.response_times.as_ref();
    let due = |of: fn(&ResponseTimes) -> ResponseTime| from_due.map(|times| shown(lang, of(times)));
    let mut all = vec![
        (requests(lang), figure::count(measures.requests), ""),
        (rate(lang), figure::number(measures.tps), "tps"),
        (words::error_rate(lang), figure::percent(measures.error_rate), "error_rate"),
        ("p50".to_owned(), due(|times| times.p50).unwrap_or(time(|times| times.p50)), "response_time_p50"),
        ("p95".to_owned(), due(|times| times.p95).unwrap_or(time(|times| times.p95)), "response_time_p95"),
        ("p99".to_owned(), due(|times| times.p99).unwrap_or(time(|times| times.p99)), "response_time_p99"),
    ];
    if let Some(most) = measures.users {
        all.push((users(lang), figure::number(most), ""));
    }
    all.push((dropped(lang), figure::count(measures.dropped), "dropped"));
    if let Some(attempts) = measures.dynamodb {
        all.push((throttled(lang), figure::count(attempts.throttled), "throttle_rate"));
    }
    let marked = |name: &str| report.judgement.expectations.iter().find(|one| one.name == name);
    html! {
        dl .tiles { @for (label, value, name) in all {
            @let mark = marked(name).map(|one| one.result).filter(|mark| *mark != Mark::NotMeasured);
            div {
                dt { (label) }
                dd class=[mark.map(icon::class)] {
                    @if let Some(mark) = mark { (icon::shape(mark)) }
                    (value)
                }
            }
        } }
    }
}

/// Service and response time, and what they mean.
fn both_times(both: Both, lang: Lang) -> Markup {
    let heads = both.heads.into_iter().enumerate();
    let heads =
        heads.map(|(at, name)| if at == 0 { Head::words(name) } else { Head::number(name) }).collect();
    let rows = both.rows.into_iter().map(Row::of).collect();
    html! {
        h3 { (from_due::heading(lang)) }
        (Table { caption: from_due::heading(lang), heads, rows }.render())
        p .prose { (both.notes.join(" ")) }
    }
}

/// A table of what was judged.
fn judged(caption: String, name: String, why: Option<String>, rows: Vec<Row>, lang: Lang) -> Markup {
    let mut heads = vec![
        Head::words(details::status(lang)),
        Head::words(name),
        Head::number(details::value(lang)),
        Head::words(words::target(lang)),
    ];
    heads.extend(why.map(Head::words));
    Table { caption, heads, rows }.render_cards()
}

fn expected(one: &ExpectationResult, lang: Lang) -> Row {
    let name = words::expectation(lang, &one.name);
    let cells = vec![
        icon::badge(lang, one.result),
        html! { strong { (name) } @if name != one.name { br; code { (one.name) } } },
        html! { (words::outcome(lang, one)) },
        html! { span .nowrap { (one.target) } },
        html! { (expectation_text(lang, one)) },
    ];
    Row { class: "", cells }
}

fn of_threshold(metric: &MetricResult, threshold: &ThresholdResult, lang: Lang) -> Row {
    let mark = if threshold.ok { Mark::Pass } else { Mark::Fail };
    let cells = vec![
        icon::badge(lang, mark),
        html! { strong { (metric.name) } },
        html! { (details::compared(lang, metric, threshold)) },
        html! { code .nowrap { (threshold.source) } },
    ];
    Row { class: "", cells }
}

fn stock_heads(lang: Lang) -> Vec<Head> {
    vec![
        Head::words(stock(lang)),
        Head::number(before(lang)),
        Head::number(after(lang)),
        Head::number(sold(lang)),
        Head::words(missing(lang)),
    ]
}

fn of_stock(audit: &Audit, lang: Lang) -> Row {
    let number = |value: Option<f64>| value.map_or_else(|| figure::NOTHING.to_owned(), whole);
    let difference = match (&audit.problem, audit.before, audit.after) {
        (Some(problem), ..) => problem.clone(),
        (None, Some(before), Some(after)) => {
            let unaccounted = audit.sold - (before - after);
            match unaccounted {
                more if more > 0.0 => oversold(lang, whole(more)),
                less if less < 0.0 => lost(lang, whole(-less)),
                _ => "0".to_owned(),
            }
        }
        _ => figure::NOTHING.to_owned(),
    };
    Row::of([audit.name.clone(), number(audit.before), number(audit.after), whole(audit.sold), difference])
}

/// A number of things, to the last one.
fn whole(count: f64) -> String {
    if count >= 0.0 && count.fract() == 0.0 { figure::count(count as u64) } else { figure::number(count) }
}
