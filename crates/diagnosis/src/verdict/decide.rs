//! To decide is to find the first cause of the table that applies.

use flashcrowd_metrics::names::{dynamodb, metric};
use flashcrowd_metrics::{Contains, Kind, Threshold};
use flashcrowd_record::{
    Cause, ExpectationResult, Finding, Judgement, Mark, MetricResult, Outcome, Results, RunState, Severity,
    ThresholdResult, VerdictReason, exit_code,
};
use indexmap::IndexMap;

use super::reason::english;
use super::served::Served;
use crate::evidence::Evidence;
use crate::finding::limit_figures;
use crate::generator_load::{Lateness, not_sent};

/// Why the verdict of a run is what it is, when everything else of its judgement is known.
pub fn decide(evidence: &Evidence<'_>, judgement: &Judgement) -> VerdictReason {
    let deciding = match evidence.results {
        None => Deciding::new(Cause::Killed),
        Some(results) => of_end(evidence, results)
            .or_else(|| of_generator(evidence, results))
            .or_else(|| of_service(results, judgement))
            .or_else(|| of_lateness(results, judgement))
            .or_else(|| of_promises(results, judgement))
            .unwrap_or_else(|| of_rest(results, judgement)),
    };
    let mut reason = deciding.0;
    reason.text = english(judgement, &reason);
    reason
}

/// A reason without its text.
struct Deciding(VerdictReason);

impl Deciding {
    fn new(cause: Cause) -> Self {
        let (figures, labels) = (IndexMap::new(), IndexMap::new());
        Self(VerdictReason { cause, text: String::new(), figures, labels })
    }

    fn figure(mut self, name: &str, value: f64) -> Self {
        self.0.figures.insert(name.to_owned(), value);
        self
    }

    fn label(mut self, name: &str, text: impl Into<String>) -> Self {
        self.0.labels.insert(name.to_owned(), text.into());
        self
    }
}

/// What ended the run, if that decides.
fn of_end(evidence: &Evidence<'_>, results: &Results) -> Option<Deciding> {
    let Outcome { state, exit_code, reason, planned_seconds, .. } = &results.outcome;
    let cause = match u8::try_from(*exit_code) {
        _ if *state == RunState::Cut => Cause::Killed,
        Ok(exit_code::SCRIPT) => Cause::ScriptFailed,
        Ok(exit_code::SETUP_TIMEOUT) => Cause::SetupTimeout,
        Ok(exit_code::TEARDOWN_TIMEOUT) => Cause::TeardownTimeout,
        Ok(exit_code::ABORTED) => Cause::TestAborted,
        Ok(exit_code::STOPPED) => Cause::Stopped,
        _ if *state == RunState::Interrupted => Cause::Interrupted,
        _ if *state == RunState::Failed => Cause::ScriptFailed,
        _ => return None,
    };
    let loaded = evidence.timeline.iter().rev().find_map(|line| line.load);
    let deciding = Deciding::new(cause).figure("seconds", loaded.unwrap_or(results.seconds));
    let deciding = match planned_seconds {
        Some(planned) => deciding.figure("planned", *planned),
        None => deciding,
    };
    Some(deciding.label("reason", reason.clone().unwrap_or_default()))
}

/// That the load generator lost samples or could not send, if that decides: then nothing is known of the target.
fn of_generator(evidence: &Evidence<'_>, results: &Results) -> Option<Deciding> {
    if let Some(agent) = results.generator.lost_agents.first() {
        let all = &results.generator.lost_agents;
        let since = all.iter().map(|agent| agent.since).fold(agent.since, f64::min);
        let names: Vec<&str> = all.iter().map(|agent| agent.name.as_str()).collect();
        let deciding = Deciding::new(Cause::AgentLost).label("agents", names.join(", "));
        let share: f64 = all.iter().map(|agent| agent.share).sum();
        return Some(deciding.label("why", &agent.why).figure("share", share).figure("since", since));
    }
    let lost = results.generator.lost_workers;
    if lost > 0 {
        return Some(Deciding::new(Cause::GeneratorLost).figure("workers", lost as f64));
    }
    let found = not_sent(results)?;
    let figures = limit_figures(&found, &evidence.run.host, results);
    let deciding = Deciding::new(Cause::GeneratorLimited).label("limit", found.limit);
    Some(figures.into_iter().fold(deciding, |deciding, (name, value)| deciding.figure(name, value)))
}

/// That the load generator was late, if that decides: something rests on times or rates, and nothing else was missed.
fn of_lateness(results: &Results, judgement: &Judgement) -> Option<Deciding> {
    let promises =
        || all_thresholds(results).map(|(metric, one)| (threshold_rests_on_time(metric, one), one.ok));
    let expected = || {
        let kept = |one: &ExpectationResult| one.result == Mark::Pass;
        judgement.expectations.iter().map(move |one| (rests_on_time(&one.name), kept(one)))
    };
    let mut all = promises().chain(expected()).peekable();
    let is_missed_otherwise = promises().chain(expected()).any(|(rests, kept)| !rests && !kept);
    let is_missed = promises().chain(expected()).any(|(rests, kept)| rests && !kept);
    if is_missed_otherwise || !all.any(|(rests, _)| rests) {
        return None;
    }
    let late = Lateness::of(results);
    let is_doubtful = is_missed || late.is_severe();
    let is_overloaded = || {
        let overloaded = |one: &Finding| one.id == BOTTLENECK && one.severity == Severity::Critical;
        is_missed && judgement.findings.iter().any(overloaded)
    };
    let deciding = Deciding::new(Cause::GeneratorLate);
    match () {
        () if !is_doubtful => None,
        () if late.is_late() => Some(deciding.figure("lag_p95", late.lag_p95)),
        () if late.is_stalled() => Some(deciding.figure("stalled_ms", late.stalled * 1e3)),
        () if is_overloaded() => Some(deciding),
        () => None,
    }
}

/// The finding that the generator had no processor time left.
const BOTTLENECK: &str = "generator-bottleneck";

/// The expectations that a late generator does not touch: shares, stocks and memory.
const OF_ANSWERS: [&str; 9] = [
    "error_rate",
    "error_rate_stable",
    "failure_rate",
    "throttle_rate",
    "checks",
    "stock_accuracy",
    "accuracy",
    "memory_leak",
    "duet",
];

/// Whether an expectation is about times or rates.
fn rests_on_time(name: &str) -> bool {
    !OF_ANSWERS.contains(&name.trim())
}

/// Whether a threshold is about times or rates.
fn threshold_rests_on_time(metric: &MetricResult, threshold: &ThresholdResult) -> bool {
    let parent = metric.parent.as_deref().unwrap_or(&metric.name);
    let is_rate = metric.kind == Kind::Counter && threshold.source.contains("rate");
    metric.contains == Contains::Time || is_rate || parent == metric::DROPPED_ITERATIONS
}

/// What was served, if that decides: what served nothing has not held, whatever was promised of it.
fn of_service(results: &Results, judgement: &Judgement) -> Option<Deciding> {
    let served = Served::of(results);
    let told = |cause| {
        Deciding::new(cause)
            .figure("requests", served.requests)
            .figure("served", served.served)
            .figure("with_code", served.with_code)
            .label("code", &served.code)
    };
    if served.is_silent() && !is_failure_expected(judgement) {
        return Some(told(Cause::NothingAnswered));
    }
    const FAILURES: Promises = (&[metric::HTTP_REQ_FAILED, dynamodb::FAILED], &ERRORS);
    if served.is_hardly_any() && !holds(FAILURES, results, judgement) {
        return Some(told(Cause::NothingServed));
    }
    if let Some(nothing) = nothing_ran(results) {
        return Some(nothing);
    }
    let failed = results.scenarios.iter().find(|one| one.completed > 0 && one.failed == one.completed);
    if let Some(scenario) = failed {
        let failed = Deciding::new(Cause::IterationsFailed).figure("iterations", scenario.failed as f64);
        return Some(failed.label("scenario", &scenario.name));
    }
    const CHECKS: Promises = (&[metric::CHECKS], &["checks"]);
    let checks = results.metric(metric::CHECKS)?;
    let (passed, failed) = (checks.stats.value("passes"), checks.stats.value("fails"));
    (passed == 0.0 && failed > 0.0 && !holds(CHECKS, results, judgement))
        .then(|| Deciding::new(Cause::ChecksFailed).figure("checks", failed))
}

/// The expectations that say how many errors there may be.
const ERRORS: [&str; 2] = ["error_rate", "failure_rate"];

/// Whether an expectation that was met would not have been without failures, such as `error_rate: > 90%`.
fn is_failure_expected(judgement: &Judgement) -> bool {
    let asks = |target: &str| {
        let target = target.trim();
        let is_at_least = target.starts_with(['=', '≥']) || target.starts_with(">=");
        let is_positive = target.contains(|c: char| c.is_ascii_digit() && c != '0');
        target.starts_with('>') && !is_at_least || is_at_least && is_positive
    };
    let mut met = judgement.expectations.iter().filter(|one| one.result == Mark::Pass);
    met.any(|one| ERRORS.contains(&one.name.trim()) && asks(&one.target))
}

/// That nothing ran, unless this is a part of a test that had nothing to run.
fn nothing_ran(results: &Results) -> Option<Deciding> {
    let completed: u64 = results.scenarios.iter().map(|one| one.completed).sum();
    let is_part = results.options.get("executionSegment").is_some_and(|segment| !segment.is_null());
    let requests = results.metric(metric::HTTP_REQS).map_or(0, |requests| requests.samples);
    if results.scenarios.is_empty() || completed > 0 || requests > 0 || is_part {
        return None;
    }
    let dropped: u64 = results.scenarios.iter().map(|one| one.dropped).sum();
    Some(Deciding::new(Cause::NothingRan).figure("dropped", dropped as f64))
}

/// The metrics and the expectations that promise something of one thing.
type Promises = (&'static [&'static str], &'static [&'static str]);

/// Whether something was promised of all of it, was measured, and held: then the test itself says what is expected.
fn holds((metrics, expectations): Promises, results: &Results, judgement: &Judgement) -> bool {
    let threshold = all_thresholds(results).any(|(metric, threshold)| {
        metrics.contains(&metric.name.as_str()) && threshold.ok && is_measured(metric, threshold)
    });
    let is_of = |name: &str| expectations.contains(&name.trim());
    threshold || judgement.expectations.iter().any(|one| one.result == Mark::Pass && is_of(&one.name))
}

/// What was promised and not held, if that decides.
fn of_promises(results: &Results, judgement: &Judgement) -> Option<Deciding> {
    if let Some((metric, threshold)) = all_thresholds(results).find(|(_, threshold)| !threshold.ok) {
        let crossed = Deciding::new(Cause::ThresholdCrossed).label("metric", &metric.name);
        return Some(crossed.label("threshold", &threshold.source));
    }
    if results.outcome.exit_code == i32::from(exit_code::FAILED) {
        let reason = results.outcome.reason.clone().unwrap_or_default();
        return Some(Deciding::new(Cause::MarkedFailed).label("reason", reason));
    }
    let marked = |mark| judgement.expectations.iter().position(|one| one.result == mark);
    let at = |cause, at| Deciding::new(cause).figure("expectation", at as f64);
    if let Some(missed) = marked(Mark::Fail).or_else(|| marked(Mark::Warn)) {
        return Some(at(Cause::ExpectationMissed, missed));
    }
    if let Some(unmeasured) = marked(Mark::NotMeasured) {
        return Some(at(Cause::NotMeasured, unmeasured));
    }
    let (first, _) = all_thresholds(results).next()?;
    let any = all_thresholds(results).any(|(metric, threshold)| is_measured(metric, threshold));
    (!any).then(|| Deciding::new(Cause::NotMeasured).label("metric", &first.name))
}

fn of_rest(results: &Results, judgement: &Judgement) -> Deciding {
    let is_promised = all_thresholds(results).next().is_some() || !judgement.expectations.is_empty();
    if results.outcome.state != RunState::Finished {
        let reason = results.outcome.reason.clone().unwrap_or_default();
        return Deciding::new(Cause::EndedEarly).label("reason", reason);
    }
    if results.outcome.exit_code == i32::from(exit_code::OTHER) {
        let reason = results.outcome.reason.clone().unwrap_or_default();
        return Deciding::new(Cause::Incomplete).label("reason", reason);
    }
    let cause = match () {
        () if judgement.findings.iter().any(|found| found.severity >= Severity::Warning) => Cause::Found,
        () if is_promised => Cause::Held,
        () => Cause::NothingPromised,
    };
    Deciding::new(cause)
}

fn all_thresholds(results: &Results) -> impl Iterator<Item = (&MetricResult, &ThresholdResult)> {
    results.metrics.iter().flat_map(|metric| metric.thresholds.iter().map(move |one| (metric, one)))
}

/// Whether there is something to judge a threshold by. A counter without samples has counted nothing: it is zero.
fn is_measured(metric: &MetricResult, threshold: &ThresholdResult) -> bool {
    let holds_at_zero = || Threshold::parse(&threshold.source).is_ok_and(|one| one.op.holds(0.0, one.value));
    metric.samples > 0 || (metric.kind == Kind::Counter && holds_at_zero())
}
