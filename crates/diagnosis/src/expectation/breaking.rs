//! Three promises are about the breaking point: that it is found, where it is, and that what lies beyond is bounded.
//!
//! A target degrades gracefully when, from the breaking point on (or at the largest load, if it did not break), it
//! serves at least 70% of its largest throughput, less than 5% of the requests fail, and p95 stays below the ten
//! seconds after which people leave (Nielsen, "Usability Engineering", 1993). Throughput is the median of a step and its
//! two neighbours, so that a machine that was disturbed during one step does not fail the target; the last step has no
//! neighbour beyond it and counts by itself.

use flashcrowd_record::{Mark, StepResult};
use flashcrowd_text::{Lang, figure, messages};

use super::case::Case;
use super::terms::{Found, Looked, Observation};
use super::terms::{Op, Target};
use super::text::Said;
use crate::breaking_point::{goods, growing, load};
use crate::stats::robust::median;

/// What is served beyond the breaking point, of the largest throughput.
const KEPT: f64 = 0.7;

/// What may fail there.
const BOUNDED_ERRORS: f64 = 0.05;

/// The longest that people wait, in milliseconds.
const PATIENCE: f64 = 10_000.0;

messages! {
    fn broke(load: &str, tps: &str, step: &str, symptom: &str) {
        en: "broke at {load} and {tps} requests/s: from step {step}, throughput no longer grew ({symptom})",
        ko: "{load}, 초당 {tps}건에서 한계에 도달했습니다. {step}단계부터 처리량이 더 늘지 않았습니다(증상: {symptom})",
    }
    fn held(load: &str) {
        en: "held up to {load}: where it breaks takes a larger load",
        ko: "{load}까지 한계에 도달하지 않았습니다. 임계점을 찾으려면 더 큰 부하가 필요합니다",
    }
    fn held_below(load: &str) {
        en: "not measured: it held up to {load}, the largest load of the test: test with a larger one",
        ko: "측정되지 않았습니다. {load}까지 견뎠으며 그보다 큰 부하는 없었습니다. 더 큰 부하로 테스트하십시오",
    }
    fn too_few() {
        en: "not measured: a breaking point needs at least two steps of growing load",
        ko: "측정되지 않았습니다. 임계점을 찾으려면 부하가 증가하는 단계가 두 개 이상 필요합니다",
    }
    fn beyond(kept: &str, errors: &str, p95: &str, load: &str) {
        en: "beyond {load} it served at least {kept}% of its largest throughput, at most {errors}% failed, p95 was at most {p95}",
        ko: "{load} 이후에도 최대 처리량의 {kept}% 이상을 처리했고 오류율은 최대 {errors}%, p95는 최대 {p95}였습니다",
    }
    fn unbroken(kept: &str, errors: &str, p95: &str, load: &str) {
        en: "did not break up to {load}: {kept}% of its largest throughput there, {errors}% failed, p95 was {p95}",
        ko: "{load}까지 한계에 도달하지 않았습니다. 최대 처리량의 {kept}%, 오류율 {errors}%, p95 {p95}였습니다",
    }
    fn latency() { en: "latency rose", ko: "응답 시간 증가" }
    fn errors() { en: "errors rose", ko: "오류율 증가" }
    fn dropped() { en: "iterations were dropped", ko: "반복 누락" }
}

/// The step with the largest load, if loads grew.
fn largest(steps: &[StepResult]) -> Option<usize> {
    let growing = growing(steps);
    growing.last().copied().filter(|_| growing.len() > 1)
}

fn unit(is_users: bool) -> &'static str {
    if is_users { "users" } else { "/s" }
}

/// What is known of the load at which it broke.
enum Limit {
    /// It broke there.
    Broke(Observation),
    /// It held up to there.
    Held(Observation),
}

fn limit(case: &Case<'_>) -> Result<Limit, Box<Observation>> {
    let steps = case.steps();
    if let Some(point) = case.breaking_point() {
        let broke = Observation::number(point.load, unit(point.is_users), "broke")
            .figure("load", point.load)
            .figure("tps", point.tps)
            .figure("step", point.step as f64 + 1.0)
            .label("unit", unit(point.is_users))
            .label("method", &*point.method)
            .label("symptom", &*point.symptom);
        return Ok(Limit::Broke(broke));
    }
    let Some(largest) = largest(steps) else { return Err(Observation::not_measured("too-few-steps").into()) };
    let (load, unit) = (load(&steps[largest]), unit(steps[largest].rate.is_none()));
    Ok(Limit::Held(Observation::number(load, unit, "held").figure("load", load).label("unit", unit)))
}

pub(super) fn identified(case: &Case<'_>) -> Looked {
    let (seen, is_found) = match limit(case)? {
        Limit::Broke(seen) => (seen, true),
        Limit::Held(seen) => (seen, false),
    };
    let seen = Observation { found: Found::Truth(is_found), ..seen };
    let was_wanted = case.promise.target == Target::Truth(true);
    Ok(if was_wanted && !is_found { seen.marked(Mark::Warn) } else { seen })
}

pub(super) fn point(case: &Case<'_>) -> Looked {
    match (limit(case)?, case.promise.target) {
        (Limit::Broke(seen), _) => Ok(seen),
        (Limit::Held(seen), Target::Bound { op: Op::Above, limit, .. }) if seen.value > Some(limit) => {
            Ok(seen)
        }
        (Limit::Held(seen), Target::Bound { op: Op::AtLeast, limit, .. }) if seen.value >= Some(limit) => {
            Ok(seen)
        }
        (Limit::Held(seen), _) => {
            let Observation { figures, labels, .. } = seen;
            let nothing = Observation::not_measured("held-below");
            Err(Observation { figures, labels, ..nothing }.into())
        }
    }
}

pub(super) fn graceful(case: &Case<'_>) -> Looked {
    let steps = case.steps();
    let point = case.breaking_point();
    let Some(largest) = largest(steps) else { return Err(Observation::not_measured("too-few-steps").into()) };
    let from = point.map_or(largest, |point| point.step);
    let goods = smooth(&goods(steps));
    let peak = goods.iter().copied().fold(0.0, f64::max);
    // A step with less load than that at which it broke is not beyond it.
    let beyond: Vec<usize> =
        (from..steps.len()).filter(|at| load(&steps[*at]) >= load(&steps[from])).collect();
    let kept = beyond.iter().map(|at| goods[*at]).fold(f64::INFINITY, f64::min) / peak.max(f64::MIN_POSITIVE);
    let most = |of: fn(&StepResult) -> f64| beyond.iter().map(|at| of(&steps[*at])).fold(0.0, f64::max);
    let (errors, p95) = (most(|step| step.error_rate), most(|step| step.p95));
    let is_graceful = kept >= KEPT && errors < BOUNDED_ERRORS && p95 < PATIENCE;
    let is_users = steps[from].rate.is_none();
    let seen = Observation::truth(is_graceful, if point.is_some() { "beyond" } else { "unbroken" })
        .figure("kept", kept * 100.0)
        .figure("errors", errors * 100.0)
        .figure("p95", p95)
        .figure("load", point.map_or(load(&steps[largest]), |point| point.load))
        .label("unit", unit(is_users));
    Ok(seen)
}

/// The median of each value and its neighbours; the first and the last have none on one side and stay as they are.
fn smooth(values: &[f64]) -> Vec<f64> {
    let at = |at: usize| match (at.checked_sub(1), values.get(at + 1)) {
        (Some(before), Some(after)) => median(&[values[before], values[at], *after]).unwrap_or_default(),
        _ => values[at],
    };
    (0..values.len()).map(at).collect()
}

pub(super) fn text(lang: Lang, said: Said<'_>) -> Option<String> {
    let is_users = said.label("unit") == "users";
    let load = figure::load(lang, said.figure("load"), is_users);
    let (kept, share, p95) = (said.number("kept"), said.percent("errors"), said.time(lang, "p95"));
    let symptom = match said.label("symptom") {
        "errors" => errors(lang),
        "dropped" => dropped(lang),
        _ => latency(lang),
    };
    Some(match said.note() {
        "broke" => broke(lang, &load, &said.number("tps"), &said.number("step"), &symptom),
        "held" => held(lang, &load),
        "held-below" => held_below(lang, &load),
        "too-few-steps" => too_few(lang),
        "beyond" => beyond(lang, &kept, &share, &p95, &load),
        "unbroken" => unbroken(lang, &kept, &share, &p95, &load),
        _ => return None,
    })
}
