//! Outcomes are what was judged of both runs: verdicts, promises, breaking points, stocks, findings.
//!
//! They need no statistics: what held before and does not hold now is worse.

use flashcrowd_record::{
    BreakingPoint, Cause, ExpectationResult, Finding, Judgement, Mark, Record, Results, Severity, StepResult,
    Verdict,
};
use indexmap::IndexSet;
use serde::Serialize;

use super::answer::Answer;
use crate::evidence::Evidence;
use crate::expectation::stock_accuracy;
use crate::judge::judge;

/// A breaking point that moved by less than this part did not move.
const MOVED: f64 = 0.1;

/// A stock that is wrong in both runs is so by chance; such a difference in points is none.
const SAME_ACCURACY: f64 = 1.0;

/// The finding that is compared as the breaking point itself.
const BREAKING: &str = "breaking-point";

/// The expectation that a breaking point is found.
const IDENTIFIED: &str = "identify_breaking_point";

/// The finding that says that the figures of a run cannot be trusted.
const GENERATOR: &str = "generator-bottleneck";

/// Something that was judged of both runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OutcomeChange {
    /// What it is.
    pub subject: Subject,
    /// Its name: of an expectation, a metric, a stock, a finding.
    pub name: String,
    /// What it had to be, as it was written.
    pub target: String,
    /// The unit of the values.
    pub unit: String,
    /// In the first run; none where that has nothing of it.
    pub before: Option<State>,
    /// In the second run.
    pub after: Option<State>,
    /// What changed.
    pub answer: Answer,
    /// The finding, of the second run if that has it, for its text.
    #[serde(skip)]
    pub finding: Option<Finding>,
}

/// What an outcome is of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// The run as a whole.
    #[default]
    Verdict,
    /// An expectation.
    Expectation,
    /// A threshold.
    Threshold,
    /// Where it broke.
    #[serde(rename = "breaking point")]
    BreakingPoint,
    /// A stock that was read before and after.
    Stock,
    /// Something that was noticed.
    Finding,
}

/// What was judged in one run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct State {
    /// The verdict of the run.
    pub verdict: Option<Verdict>,
    /// Whether a promise was held.
    pub mark: Option<Mark>,
    /// How severe a finding is.
    pub severity: Option<Severity>,
    /// What was measured.
    pub value: Option<f64>,
    /// Whether the true value is larger: the largest load of a run that did not break.
    pub is_lower_bound: bool,
}

/// One run with what was judged of it.
struct Judged<'a> {
    record: &'a Record,
    judgement: Judgement,
}

/// All outcomes that either run has, in the order of their weight.
pub(super) fn outcomes(before: &Record, after: &Record) -> Vec<OutcomeChange> {
    let both = [before, after].map(|record| Judged {
        record,
        judgement: record
            .results
            .as_ref()
            .and_then(Results::judgement)
            .unwrap_or_else(|| judge(&Evidence::from(record))),
    });
    let mut found = vec![verdict(&both)];
    found.extend(expectations(&both));
    found.extend(thresholds(&both));
    if let Some(point) = breaking_point(&both) {
        // Whether it was found says less than where it is.
        found.retain(|one| one.name != IDENTIFIED || one.answer != Answer::Same);
        found.push(point);
    }
    if !found.iter().any(|one| one.subject == Subject::Expectation && one.name == "stock_accuracy") {
        found.extend(stocks(&both));
    }
    found.extend(findings(&both));
    found
}

fn verdict(both: &[Judged<'_>; 2]) -> OutcomeChange {
    let [before, after] = both.each_ref().map(|run| run.judgement.verdict);
    // It failed for nothing but a promise that was not measured, which is no worse than one that held.
    let is_unmeasured = both
        .each_ref()
        .map(|run| run.judgement.reason.as_ref().is_some_and(|reason| reason.cause == Cause::NotMeasured));
    let answer = match (before, after) {
        (before, after) if before == after => Answer::Same,
        (Verdict::NotMeasurable, _) | (_, Verdict::NotMeasurable) => Answer::Unknown,
        _ if is_unmeasured[1] => Answer::Unknown,
        _ if is_unmeasured[0] => Answer::Different,
        (_, Verdict::Fail) => Answer::Worse,
        (Verdict::Fail, Verdict::Pass | Verdict::Warn) => Answer::Better,
        _ => Answer::Different,
    };
    let state = |verdict| Some(State { verdict: Some(verdict), ..State::default() });
    OutcomeChange { before: state(before), after: state(after), answer, ..OutcomeChange::default() }
}

/// What became of a promise.
fn kept(before: Option<Mark>, after: Option<Mark>) -> Answer {
    let is_missed = |mark| matches!(mark, Mark::Fail | Mark::Warn);
    match (before, after) {
        (Some(Mark::Pass), Some(Mark::Pass)) => Answer::Same,
        (Some(Mark::NotMeasured), Some(Mark::Pass)) | (None, _) | (_, None) => Answer::Different,
        (_, Some(Mark::NotMeasured)) => Answer::Unknown,
        (Some(before), Some(after)) if is_missed(before) && is_missed(after) => Answer::Same,
        (Some(_), Some(after)) if is_missed(after) => Answer::Worse,
        _ => Answer::Better,
    }
}

fn expectations(both: &[Judged<'_>; 2]) -> Vec<OutcomeChange> {
    let [before, after] = both.each_ref().map(|run| &run.judgement.expectations);
    let of = |all: &[ExpectationResult], name: &str| all.iter().find(|one| one.name == name).cloned();
    let names: IndexSet<&str> = before.iter().chain(after).map(|one| one.name.as_str()).collect();
    let outcome = |name: &str| {
        let [before, after] = [of(before, name), of(after, name)];
        let known = after.as_ref().or(before.as_ref())?;
        let state = |one: &Option<ExpectationResult>| {
            let one = one.as_ref()?;
            let value = one.value.filter(|_| one.result != Mark::NotMeasured);
            Some(State { mark: Some(one.result), value, ..State::default() })
        };
        let mark = |one: &Option<ExpectationResult>| one.as_ref().map(|one| one.result);
        Some(OutcomeChange {
            subject: Subject::Expectation,
            name: name.to_owned(),
            target: known.target.clone(),
            unit: known.unit.clone(),
            before: state(&before),
            after: state(&after),
            answer: kept(mark(&before), mark(&after)),
            ..OutcomeChange::default()
        })
    };
    names.into_iter().filter_map(outcome).collect()
}

fn thresholds(both: &[Judged<'_>; 2]) -> Vec<OutcomeChange> {
    let of = |run: &Judged<'_>| {
        let metrics = run.record.results.iter().flat_map(|results| &results.metrics);
        let marks = metrics.flat_map(|metric| {
            metric.thresholds.iter().map(|threshold| {
                let mark = match (threshold.value, threshold.ok) {
                    (_, false) => Mark::Fail,
                    (None, true) => Mark::NotMeasured,
                    (Some(_), true) => Mark::Pass,
                };
                ((metric.name.clone(), threshold.source.clone()), mark)
            })
        });
        marks.collect::<indexmap::IndexMap<_, _>>()
    };
    let [before, after] = both.each_ref().map(of);
    let keys: IndexSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let outcome = |key: &(String, String)| {
        let marks = [before.get(key).copied(), after.get(key).copied()];
        let state = |mark: Option<Mark>| mark.map(|mark| State { mark: Some(mark), ..State::default() });
        OutcomeChange {
            subject: Subject::Threshold,
            name: key.0.clone(),
            target: key.1.clone(),
            before: state(marks[0]),
            after: state(marks[1]),
            answer: kept(marks[0], marks[1]),
            ..OutcomeChange::default()
        }
    };
    keys.into_iter().map(outcome).collect()
}

/// Where both broke. A run that did not break counts with the largest load it had.
fn breaking_point(both: &[Judged<'_>; 2]) -> Option<OutcomeChange> {
    let points = both.each_ref().map(|run| run.judgement.breaking_point.as_ref());
    let is_users = points[0].or(points[1])?.is_users;
    let known = |point: &BreakingPoint| point.is_users == is_users;
    if !points.iter().flatten().copied().all(known) {
        return None;
    }
    let load = |step: &StepResult| if is_users { step.users.map(|users| users as f64) } else { step.rate };
    let state = |at: usize| {
        let steps = &both[at].judgement.steps;
        let most = steps.iter().filter_map(load).reduce(f64::max);
        let (value, is_lower_bound) = match points[at] {
            Some(point) => (point.load, false),
            None => (most?, true),
        };
        Some(State { value: Some(value), is_lower_bound, ..State::default() })
    };
    let gap = |at: usize| {
        let point = points[at]?;
        let steps = &both[at].judgement.steps;
        let before = load(steps.get(point.step.checked_sub(1)?)?)?;
        Some((load(steps.get(point.step)?)? - before).abs())
    };
    let states = [state(0), state(1)];
    let step = gap(0).unwrap_or_default().max(gap(1).unwrap_or_default());
    Some(OutcomeChange {
        subject: Subject::BreakingPoint,
        unit: if is_users { "users" } else { "iterations/s" }.to_owned(),
        before: states[0],
        after: states[1],
        answer: moved(states, step),
        ..OutcomeChange::default()
    })
}

/// Whether a breaking point moved by more than the staircase can tell.
fn moved(states: [Option<State>; 2], step: f64) -> Answer {
    let [Some(before), Some(after)] = states else { return Answer::Unknown };
    let (Some(from), Some(to)) = (before.value, after.value) else { return Answer::Unknown };
    let slack = (step * 1.01).max(MOVED * from.max(to));
    match (to - from, before.is_lower_bound, after.is_lower_bound) {
        (difference, _, false) if difference < -slack => Answer::Worse,
        (difference, false, _) if difference > slack => Answer::Better,
        (_, false, false) => Answer::Same,
        _ => Answer::Unknown,
    }
}

fn stocks(both: &[Judged<'_>; 2]) -> Vec<OutcomeChange> {
    let audits =
        both.each_ref().map(|run| run.record.results.as_ref().map_or(&[][..], |results| &results.audits));
    let names: IndexSet<&str> = audits.iter().copied().flatten().map(|audit| audit.name.as_str()).collect();
    let outcome = |name: &str| {
        let accuracy =
            audits.map(|audits| audits.iter().find(|audit| audit.name == name).and_then(stock_accuracy));
        let answer = match accuracy {
            [Some(before), Some(after)] if before >= 100.0 && after < 100.0 => Answer::Worse,
            [Some(before), Some(after)] if before < 100.0 && after >= 100.0 => Answer::Better,
            [Some(before), Some(after)] if (before - after).abs() <= SAME_ACCURACY => Answer::Same,
            [Some(_), Some(_)] => Answer::Different,
            _ => Answer::Unknown,
        };
        let [before, after] =
            accuracy.map(|value| value.map(|value| State { value: Some(value), ..State::default() }));
        OutcomeChange {
            subject: Subject::Stock,
            name: name.to_owned(),
            unit: "%".to_owned(),
            before,
            after,
            answer,
            ..OutcomeChange::default()
        }
    };
    names.into_iter().map(outcome).collect()
}

/// Findings that either has. A critical one that was not there before is worse.
fn findings(both: &[Judged<'_>; 2]) -> Vec<OutcomeChange> {
    let all = both.each_ref().map(|run| &run.judgement.findings);
    let ids: IndexSet<&str> = all.iter().copied().flatten().map(|finding| finding.id.as_str()).collect();
    let outcome = |id: &str| {
        let severities =
            all.map(|findings| findings.iter().filter(|one| one.id == id).map(|one| one.severity).max());
        let is_of_weight = |severity: Option<Severity>| severity >= Some(Severity::Warning);
        let answer = match severities {
            _ if id == GENERATOR => Answer::Unknown,
            [before, after] if before == after => Answer::Same,
            [None | Some(Severity::Info), Some(Severity::Critical)] => Answer::Worse,
            [before, None | Some(Severity::Info)] if is_of_weight(before) => Answer::Better,
            _ => Answer::Different,
        };
        let [before, after] =
            severities.map(|severity| severity.map(|_| State { severity, ..State::default() }));
        OutcomeChange {
            subject: Subject::Finding,
            name: id.to_owned(),
            before,
            after,
            answer,
            finding: all.iter().rev().find_map(|findings| findings.iter().find(|one| one.id == id)).cloned(),
            ..OutcomeChange::default()
        }
    };
    ids.into_iter().filter(|id| *id != BREAKING).map(outcome).collect()
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{Audit, MetricResult, ThresholdResult, VerdictReason};

    use super::*;

    fn expectation(name: &str, result: Mark, value: f64) -> ExpectationResult {
        ExpectationResult {
            name: name.to_owned(),
            target: "< 500ms".to_owned(),
            value: Some(value),
            unit: "ms".to_owned(),
            result,
            evidence: String::new(),
            note: String::new(),
            figures: Default::default(),
            labels: Default::default(),
        }
    }

    fn record(verdict: Verdict) -> Record {
        let results = Results { verdict: Some(verdict), ..Results::default() };
        Record {
            run: Default::default(),
            timeline: Vec::new(),
            results: Some(results),
            histograms: Default::default(),
        }
    }

    fn with(verdict: Verdict, change: impl Fn(&mut Results)) -> Record {
        let mut record = record(verdict);
        record.results.iter_mut().for_each(change);
        record
    }

    fn answers(before: &Record, after: &Record) -> Vec<(Subject, Answer)> {
        outcomes(before, after).iter().map(|outcome| (outcome.subject, outcome.answer)).collect()
    }

    #[test]
    fn what_passed_and_fails_is_worse() {
        let (pass, fail) = (record(Verdict::Pass), record(Verdict::Fail));
        assert_eq!(answers(&pass, &fail), [(Subject::Verdict, Answer::Worse)]);
        assert_eq!(answers(&fail, &pass), [(Subject::Verdict, Answer::Better)]);
        assert_eq!(answers(&fail, &fail), [(Subject::Verdict, Answer::Same)]);
        assert_eq!(answers(&pass, &record(Verdict::Warn)), [(Subject::Verdict, Answer::Different)]);
        // A promise that was not measured fails a run, and makes it no worse.
        let unmeasured = with(Verdict::Fail, |results| {
            results.verdict_reason = Some(VerdictReason {
                cause: Cause::NotMeasured,
                text: String::new(),
                figures: Default::default(),
                labels: Default::default(),
            });
        });
        assert_eq!(answers(&pass, &unmeasured), [(Subject::Verdict, Answer::Unknown)]);
        assert_eq!(answers(&unmeasured, &pass), [(Subject::Verdict, Answer::Different)]);
    }

    #[test]
    fn a_promise_that_held_is_worth_more_than_one_that_was_not_measured() {
        let of =
            |mark| with(Verdict::Warn, |results| results.expectations = vec![expectation("p99", mark, 1.0)]);
        for (before, after, answer) in [
            (Mark::Pass, Mark::Fail, Answer::Worse),
            (Mark::Pass, Mark::Warn, Answer::Worse),
            (Mark::Fail, Mark::Pass, Answer::Better),
            (Mark::Warn, Mark::Fail, Answer::Same),
            (Mark::Pass, Mark::Pass, Answer::Same),
            (Mark::Pass, Mark::NotMeasured, Answer::Unknown),
            (Mark::NotMeasured, Mark::Pass, Answer::Different),
        ] {
            assert_eq!(
                answers(&of(before), &of(after))[1],
                (Subject::Expectation, answer),
                "{before:?} {after:?}"
            );
        }
        let none = record(Verdict::Warn);
        assert_eq!(answers(&of(Mark::Pass), &none)[1], (Subject::Expectation, Answer::Different));
    }

    #[test]
    fn a_threshold_that_is_crossed_is_worse() {
        let of = |ok| {
            with(Verdict::Warn, |results| {
                let threshold = ThresholdResult { source: "p(95)<500".into(), ok, value: Some(1.0) };
                results.metrics = vec![MetricResult {
                    name: "http_req_duration".into(),
                    kind: flashcrowd_record::Kind::Trend,
                    contains: flashcrowd_record::Contains::Time,
                    parent: None,
                    stats: Default::default(),
                    samples: 1,
                    thresholds: vec![threshold],
                }];
            })
        };
        assert_eq!(answers(&of(true), &of(false))[1], (Subject::Threshold, Answer::Worse));
        assert_eq!(answers(&of(true), &of(true))[1], (Subject::Threshold, Answer::Same));
    }

    #[test]
    fn a_stock_that_was_exact_and_is_not_is_worse() {
        let of = |sold: f64| {
            with(Verdict::Pass, |results| {
                let audit = Audit {
                    name: "stock".into(),
                    before: Some(100.0),
                    after: Some(0.0),
                    sold,
                    problem: None,
                };
                results.audits = vec![audit];
            })
        };
        let (exact, oversold) = (of(100.0), of(500.0));
        let found = outcomes(&exact, &oversold);
        let stock = found.iter().find(|outcome| outcome.subject == Subject::Stock).unwrap();
        assert_eq!((stock.answer, stock.before.unwrap().value), (Answer::Worse, Some(100.0)));
        assert!((stock.after.unwrap().value.unwrap() - 20.0).abs() < 1e-9);
        assert_eq!(answers(&oversold, &exact)[1], (Subject::Stock, Answer::Better));
        assert_eq!(answers(&exact, &exact)[1], (Subject::Stock, Answer::Same));
        assert_eq!(answers(&oversold, &of(510.0))[1], (Subject::Stock, Answer::Same));
    }

    #[test]
    fn a_breaking_point_moves_by_more_than_a_step() {
        let of = |broke: Option<f64>| {
            with(Verdict::Pass, |results| {
                let step = |users| StepResult { users: Some(users), ..StepResult::default() };
                results.steps = (1..15).map(|at| step(4 * at)).collect();
                results.breaking_point = broke.map(|load| BreakingPoint {
                    step: (load / 4.0) as usize,
                    load,
                    is_users: true,
                    ..BreakingPoint::default()
                });
            })
        };
        for (before, after, answer) in [
            (Some(42.0), Some(20.0), Answer::Worse),
            (Some(20.0), Some(42.0), Answer::Better),
            (Some(20.0), Some(24.0), Answer::Same),
            (None, Some(20.0), Answer::Worse),
            (None, Some(54.0), Answer::Unknown),
            (Some(20.0), None, Answer::Better),
        ] {
            let found = answers(&of(before), &of(after));
            assert_eq!(found[1], (Subject::BreakingPoint, answer), "{before:?} {after:?}");
        }
        assert_eq!(answers(&of(None), &of(None)).len(), 1);
    }

    #[test]
    fn a_new_critical_finding_is_worse() {
        let of = |id: &str, severity| {
            with(Verdict::Warn, |results| {
                results.findings = vec![Finding {
                    id: id.to_owned(),
                    severity,
                    evidence: String::new(),
                    remedy: String::new(),
                    figures: Default::default(),
                    labels: Default::default(),
                }];
            })
        };
        let none = record(Verdict::Warn);
        let found = |before: &Record, after: &Record| answers(before, after)[1].1;
        assert_eq!(found(&none, &of("oversold", Severity::Critical)), Answer::Worse);
        assert_eq!(found(&of("oversold", Severity::Critical), &none), Answer::Better);
        assert_eq!(found(&none, &of("unstable-tail", Severity::Warning)), Answer::Different);
        assert_eq!(found(&none, &of("generator-bottleneck", Severity::Critical)), Answer::Unknown);
        assert_eq!(answers(&none, &of("breaking-point", Severity::Warning)).len(), 1);
    }
}
