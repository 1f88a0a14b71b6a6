//! The answer says in one sentence what a run has shown: what it held, or where it broke.

use flashcrowd_record::{Cause, Judgement, Mark, Verdict};
use flashcrowd_text::{Lang, figure, messages};

use crate::analysis::MANY_ERRORS;
use crate::breaking;
use crate::measures::Measures;
use crate::model::Report;
use crate::sections::from_due::shown;
use crate::words;

messages! {
    fn nothing() {
        en: "No request was measured.",
        ko: "측정된 요청이 없습니다.",
    }
    fn missed(name: String, value: String, target: String) {
        en: "Missed its target: {name} was {value}, expected {target}.",
        ko: "목표를 달성하지 못했습니다. {name}: {value}(목표 {target}).",
    }
    fn broken(name: String) {
        en: "An expectation was missed: {name}.",
        ko: "기대 조건을 충족하지 못했습니다: {name}.",
    }
    fn crossed(metric: &str, source: &str) {
        en: "Missed its target: the threshold {source} of {metric} was crossed.",
        ko: "목표를 달성하지 못했습니다. {metric}의 임계값 조건을 넘었습니다: {source}.",
    }
    fn ended(state: String, figures: String) {
        en: "Did not finish as planned ({state}): {figures}.",
        ko: "계획대로 끝나지 않았습니다({state}). {figures}.",
    }
    fn doubtful(why: String, figures: String) {
        en: "Held, with a reservation ({why}): {figures}.",
        ko: "처리는 했지만 주의할 점이 있습니다({why}). {figures}.",
    }
    fn passed_with_errors(figures: String) {
        en: "Passed, although many requests failed: {figures}.",
        ko: "통과했지만 실패한 요청이 많습니다. {figures}.",
    }
    fn not_judged(figures: String) {
        en: "Not judged, since nothing was promised: {figures}.",
        ko: "판정 기준이 없어 판정하지 않았습니다. {figures}.",
    }
    fn held(figures: String) { en: "Held: {figures}.", ko: "문제없이 처리했습니다. {figures}." }
    fn in_short(load: String, length: String, tps: String, p95: String, errors: String) {
        en: "{load}{length}, {tps}, p95 {p95}, {errors} errors",
        ko: "{load}{length}, {tps}, p95 {p95}, 오류율 {errors}",
    }
    fn at_load(load: String) { en: "{load} for ", ko: "{load}, " }
}

/// One sentence on what the run has shown.
pub fn answer(lang: Lang, report: &Report) -> String {
    let (judgement, measures) = (&report.judgement, Measures::of(report));
    let cause = judgement.reason.as_ref().map(|reason| reason.cause);
    let told = || words::reason(lang, judgement);
    match cause {
        Some(cause) if decides(cause) => return told().unwrap_or_default(),
        _ => {}
    }
    if let Some(broken) = breaking::sentence(lang, judgement) {
        return broken;
    }
    if measures.requests == 0 {
        return match cause {
            Some(Cause::Held) | None => nothing(lang),
            Some(_) => told().unwrap_or_else(|| nothing(lang)),
        };
    }
    let short = short(lang, report, &measures);
    match judgement.verdict {
        Verdict::Pass if measures.error_rate >= MANY_ERRORS => passed_with_errors(lang, short),
        Verdict::Pass => held(lang, short),
        Verdict::NotJudged => not_judged(lang, short),
        Verdict::Warn => match reservation(lang, judgement) {
            Some(why) => doubtful(lang, why, short),
            None => held(lang, short),
        },
        Verdict::Fail | Verdict::NotMeasurable => {
            let why = told().or_else(|| why_failed(lang, report));
            why.unwrap_or_else(|| ended(lang, words::state(lang, report.results.outcome.state), short))
        }
    }
}

/// Whether a cause says more of a run than where it broke: that it served nothing, or did not come to its end.
fn decides(cause: Cause) -> bool {
    match cause {
        Cause::Killed
        | Cause::ScriptFailed
        | Cause::SetupTimeout
        | Cause::TeardownTimeout
        | Cause::TestAborted
        | Cause::Interrupted
        | Cause::AgentLost
        | Cause::Stopped
        | Cause::GeneratorLost
        | Cause::GeneratorLimited
        | Cause::GeneratorLate
        | Cause::NothingAnswered
        | Cause::NothingRan
        | Cause::IterationsFailed
        | Cause::NothingServed
        | Cause::ChecksFailed => true,
        Cause::ThresholdCrossed
        | Cause::MarkedFailed
        | Cause::ExpectationMissed
        | Cause::NotMeasured
        | Cause::EndedEarly
        | Cause::Incomplete
        | Cause::Found
        | Cause::NothingPromised
        | Cause::Held => false,
    }
}

fn short(lang: Lang, report: &Report, measures: &Measures) -> String {
    let load = match (measures.rate, measures.users) {
        (Some(rate), _) => at_load(lang, figure::load(lang, rate, false)),
        (None, Some(users)) => at_load(lang, figure::users(lang, users)),
        (None, None) => String::new(),
    };
    // With due times, what a user waited, as in the tables below.
    let waited = report.judgement.response_times.map(|times| shown(lang, times.p95));
    let sent = || figure::duration(lang, measures.times.map_or(f64::NAN, |times| times.p95));
    let p95 = waited.unwrap_or_else(sent);
    let length = figure::length(lang, measures.seconds);
    in_short(lang, load, length, figure::rate(measures.tps), p95, figure::percent(measures.error_rate))
}

fn reservation(lang: Lang, judgement: &Judgement) -> Option<String> {
    let of = |mark| judgement.expectations.iter().find(move |one| one.result == mark);
    let finding =
        || judgement.findings.first().map(|found| flashcrowd_diagnosis::finding_text(lang, found).title);
    let name = |one: &flashcrowd_record::ExpectationResult| {
        format!("{}: {}", words::expectation(lang, &one.name), words::mark(lang, one.result))
    };
    of(Mark::Warn).map(name).or_else(finding).or_else(|| of(Mark::NotMeasured).map(name))
}

fn why_failed(lang: Lang, report: &Report) -> Option<String> {
    let expectation = report.judgement.expectations.iter().find(|one| one.result == Mark::Fail).map(|one| {
        let name = words::expectation(lang, &one.name);
        match one.value {
            Some(_) => missed(lang, name, words::outcome(lang, one), one.target.clone()),
            None => broken(lang, name),
        }
    });
    let threshold = || {
        let metrics = report.results.metrics.iter();
        let mut all = metrics.flat_map(|metric| metric.thresholds.iter().map(move |one| (metric, one)));
        all.find(|(_, one)| !one.ok).map(|(metric, one)| crossed(lang, &metric.name, &one.source))
    };
    expectation.or_else(threshold)
}
