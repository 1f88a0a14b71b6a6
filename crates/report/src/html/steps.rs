//! The steps: what was measured at each load, and where the target broke.

use flashcrowd_record::{BreakingPoint, Judgement, StepResult, UslFit};
use flashcrowd_text::{Lang, figure, messages};
use maud::{Markup, html};

use super::table::{Head, Row, Table};
use crate::model::Report;
use crate::sections::from_due;
use crate::{analysis, words};

/// From this R² on a fit is very good, good, fair; below the last it is poor.
const FITS: [f64; 3] = [0.95, 0.9, 0.8];

/// So many steps tell whether a target breaks.
const FEWEST: usize = 3;

messages! {
    fn load() { en: "Load", ko: "부하" }
    fn average() { en: "avg", ko: "평균" }
    fn cpu() { en: "Target CPU", ko: "대상 CPU" }
    fn dropped() { en: "Dropped", ko: "누락" }
    fn requests() { en: "Requests", ko: "요청 수" }
    fn broke_here() { en: "broke here", ko: "한계 초과" }

    fn served() { en: "Load held", ko: "안정 처리 한도" }
    fn at(load: String, tps: String) { en: "{load}, at {tps}", ko: "{load} ({tps})" }
    fn method() { en: "How it was found", ko: "산출 방법" }
    fn by_usl() {
        en: "Universal Scalability Law, fitted to the steps",
        ko: "단계별 측정값에 확장성 법칙(USL)을 적합",
    }
    fn by_change() {
        en: "the step after which throughput stopped growing (change point)",
        ko: "처리량이 더 늘지 않기 시작한 단계(변화점 탐지)",
    }
    fn fit() { en: "Quality of the fit", ko: "적합도" }
    fn very_good(r2: String) { en: "very good (R² {r2})", ko: "매우 높음 (R² {r2})" }
    fn good(r2: String) { en: "good (R² {r2})", ko: "높음 (R² {r2})" }
    fn fair(r2: String) {
        en: "fair (R² {r2}): take the curve as a hint",
        ko: "보통 (R² {r2}): 곡선은 참고용입니다",
    }
    fn poor(r2: String) {
        en: "poor (R² {r2}): the law does not describe this target",
        ko: "낮음 (R² {r2}): 이 법칙으로 설명되지 않습니다",
    }
    fn peak() { en: "Peak of the curve", ko: "곡선의 최대점" }
    fn peak_at(users: String, tps: String) { en: "{tps} at {users}", ko: "{users}에서 {tps}" }
    fn no_peak(tps: String) { en: "none, throughput flattens at {tps}", ko: "없음({tps}로 수렴)" }
    fn lambda() { en: "λ, requests a second of one user", ko: "λ(사용자 1명의 초당 요청 수)" }
    fn sigma() { en: "σ, contention", ko: "σ(경합: 순차 처리 비율)" }
    fn kappa() { en: "κ, coherency cost", ko: "κ(일관성 비용)" }
    fn remedies() { en: "Remedies", ko: "개선 방안" }
    fn see() { en: "See the recommendations below.", ko: "아래 개선 방안을 참고하십시오." }
    fn unbroken(most: String) {
        en: "No breaking point up to {most}.",
        ko: "{most}까지 임계점이 나타나지 않았습니다.",
    }
}

/// The steps and where it broke; none when there is nothing to say of either.
pub(crate) fn steps(report: &Report, lang: Lang) -> Option<Markup> {
    let judgement = &report.judgement;
    let broke = broke(report, lang);
    if judgement.steps.is_empty() {
        return broke.map(|(heading, pairs)| {
            html! { section aria-labelledby="steps" { h2 #steps { (heading) } (pairs) } }
        });
    }
    Some(html! {
        section aria-labelledby="steps" {
            h2 #steps { (words::steps_heading(lang)) }
            (table(report, lang).render())
            @if let Some((heading, pairs)) = broke { h3 { (heading) } (pairs) }
        }
    })
}

/// Where it broke, or what hurts, with its heading; none when all went well and nobody asked how far that goes.
fn broke(report: &Report, lang: Lang) -> Option<(String, Markup)> {
    let Judgement { steps, breaking_point: point, .. } = &report.judgement;
    let mut rows = Vec::new();
    if let Some(hurts) = analysis::bottleneck(lang, report) {
        rows.extend([Some(hurts.place), hurts.threshold, hurts.symptom].into_iter().flatten());
    }
    rows.extend(point.iter().flat_map(|point| of_point(point, lang)));
    let most = steps.iter().filter_map(|step| step.users).max();
    let held = most.filter(|_| point.is_none() && steps.len() >= FEWEST);
    if rows.is_empty() && held.is_none() {
        return None;
    }
    let is_point = point.is_some() || held.is_some();
    let heading = if is_point { words::breaking_point(lang) } else { words::bottlenecks_heading(lang) };
    let any_remedy = !analysis::remedies(lang, report).is_empty();
    let pairs = html! {
        @if let Some(most) = held { p { (unbroken(lang, figure::users(lang, most as f64))) } }
        @if !rows.is_empty() {
            dl .pairs {
                @for (label, text) in rows { div { dt { (label) } dd { (text) } } }
                @if any_remedy { div { dt { (remedies(lang)) } dd { a href="#recommendations" { (see(lang)) } } } }
            }
        }
    };
    Some((heading, pairs))
}

fn table(report: &Report, lang: Lang) -> Table {
    let Judgement { steps, breaking_point: point, .. } = &report.judgement;
    let any_due = report.step_times.iter().any(Option::is_some);
    let any_cpu = steps.iter().any(|step| step.target_cpu.is_some());
    let any_dropped = steps.iter().any(|step| step.dropped > 0);
    let mut heads = vec![
        Head::words(load(lang)),
        Head::number("TPS"),
        Head::number(average(lang)),
        Head::number("p50"),
        Head::number("p95"),
        Head::number("p99"),
    ];
    heads.extend(
        ["p95", "p99"].into_iter().filter(|_| any_due).map(|at| Head::number(words::from_due(lang, at))),
    );
    heads.push(Head::number(words::error_rate(lang)));
    heads.extend(any_cpu.then(|| Head::number(cpu(lang))));
    heads.extend(any_dropped.then(|| Head::number(dropped(lang))));
    heads.push(Head::number(requests(lang)));
    let row = |(at, step): (usize, &StepResult)| {
        let broke = point.as_ref().is_some_and(|point| point.step == at);
        let name = html! {
            (words::step(step))
            @if broke { " " span .tag { (broke_here(lang)) } }
        };
        let times = [step.avg, step.p50, step.p95, step.p99].map(|ms| figure::duration(lang, ms));
        let mut texts = vec![figure::number(step.tps)];
        texts.extend(times);
        texts.extend(
            any_due.then(|| from_due::of_step(lang, report.step_times.get(at))).into_iter().flatten(),
        );
        texts.push(figure::percent(step.error_rate));
        let used = |used: f64| figure::cores(lang, used);
        texts.extend(any_cpu.then(|| step.target_cpu.map_or_else(|| figure::NOTHING.to_owned(), used)));
        texts.extend(any_dropped.then(|| figure::count(step.dropped)));
        texts.push(figure::count(step.requests));
        let cells = [name].into_iter().chain(texts.into_iter().map(|text| html! { (text) }));
        Row { class: if broke { "broke" } else { "" }, cells: cells.collect() }
    };
    Table { caption: words::steps_heading(lang), heads, rows: steps.iter().enumerate().map(row).collect() }
}

fn of_point(point: &BreakingPoint, lang: Lang) -> Vec<(String, String)> {
    let held = at(lang, figure::load(lang, point.load, point.is_users), figure::rate(point.tps));
    let how = if point.method == "usl" { by_usl(lang) } else { by_change(lang) };
    let mut rows = vec![(served(lang), held), (method(lang), how)];
    rows.extend(point.usl.iter().flat_map(|fit| of_fit(fit, lang)));
    rows
}

fn of_fit(fitted: &UslFit, lang: Lang) -> Vec<(String, String)> {
    let r2 = format!("{:.3}", fitted.r_squared);
    let quality = match FITS.iter().position(|least| fitted.r_squared >= *least) {
        Some(0) => very_good(lang, r2),
        Some(1) => good(lang, r2),
        Some(_) => fair(lang, r2),
        None => poor(lang, r2),
    };
    let tps = figure::rate(fitted.peak_tps);
    let top = match fitted.peak_users {
        Some(users) => peak_at(lang, figure::users(lang, users), tps),
        None => no_peak(lang, tps),
    };
    vec![
        (fit(lang), quality),
        (peak(lang), top),
        (lambda(lang), figure::number(fitted.lambda)),
        (sigma(lang), parameter(fitted.sigma)),
        (kappa(lang), parameter(fitted.kappa)),
    ]
}

/// A parameter that may be very small: `0.0004`, `3.0e-6`.
fn parameter(value: f64) -> String {
    if value == 0.0 {
        "0".to_owned()
    } else if value.abs() >= 1e-4 {
        format!("{value:.5}").trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        format!("{value:.1e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_keep_their_digits() {
        for (value, text) in [(0.0, "0"), (0.1234, "0.1234"), (0.0004, "0.0004"), (3e-6, "3.0e-6")] {
            assert_eq!(parameter(value), text);
        }
    }

    #[test]
    fn the_fit_is_told_in_words() {
        let words = |r_squared| of_fit(&UslFit { r_squared, ..UslFit::default() }, Lang::En)[0].1.clone();
        assert_eq!(words(0.982), "very good (R² 0.982)");
        assert_eq!(words(0.91), "good (R² 0.910)");
        assert!(words(0.3).starts_with("poor"));
    }
}
