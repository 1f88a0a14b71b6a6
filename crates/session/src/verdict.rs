//! A run's verdict is whether it was a success, or why not: what the exit code is made of.

use std::time::Duration;

use flashcrowd_engine::{AbortReason, RunResult, RunStage, ScenarioProgress, StageError};
use flashcrowd_record::{Cause, Judgement, Mark, Outcome, RunState, ScenarioResult};
use flashcrowd_test::StageFailure;

use crate::failure::{Failure, exit_code};

/// Whether the run was a success, or why not. What comes first decides.
pub(crate) fn verdict(result: &RunResult) -> Result<(), Failure> {
    if let Some(error) = result.errors.iter().find(|error| !is_interruption(error)) {
        return Err(stage_failure(error));
    }
    match &result.abort {
        Some(AbortReason::Script(message)) => return Err(Failure::Aborted(message.clone())),
        Some(AbortReason::Signal) => return Err(Failure::Signal),
        Some(AbortReason::Stopped) => return Err(Failure::Stopped),
        Some(AbortReason::Error(text)) => return Err(Failure::Script(text.clone())),
        Some(
            AbortReason::Threshold(_)
            | AbortReason::Reached(_)
            | AbortReason::Unreachable(_)
            | AbortReason::Lost(_),
        )
        | None => {}
    }
    let mut crossed: Vec<String> =
        result.thresholds.iter().filter(|one| !one.passed).map(|one| one.metric.clone()).collect();
    crossed.dedup();
    if !crossed.is_empty() {
        return Err(match result.abort {
            Some(AbortReason::Threshold(_)) => Failure::ThresholdsAborted(crossed),
            _ => Failure::Thresholds(crossed),
        });
    }
    match &result.failure {
        Some(message) => Err(Failure::Failed(message.clone())),
        None => Ok(()),
    }
}

/// Whether a stage only ended with the run.
fn is_interruption(error: &StageError) -> bool {
    matches!(error.source.downcast_ref(), Some(StageFailure::Interrupted { .. }))
}

fn stage_failure(error: &StageError) -> Failure {
    match (error.stage, error.source.downcast_ref()) {
        (RunStage::Setup, Some(StageFailure::Timeout { after, .. })) => Failure::SetupTimeout(*after),
        (RunStage::Teardown, Some(StageFailure::Timeout { after, .. })) => Failure::TeardownTimeout(*after),
        _ => Failure::Script(error.source.to_string()),
    }
}

/// How the run ended, whose load was to last that long where that was known before.
pub(crate) fn outcome(result: &RunResult, failure: Option<&Failure>, planned: Option<Duration>) -> Outcome {
    let state = match (&result.abort, failure) {
        (Some(AbortReason::Signal | AbortReason::Stopped), _) => RunState::Interrupted,
        (
            None | Some(AbortReason::Reached(_)),
            Some(Failure::Script(_) | Failure::SetupTimeout(_) | Failure::TeardownTimeout(_)),
        ) => RunState::Failed,
        (None | Some(AbortReason::Reached(_)), _) => RunState::Finished,
        (Some(_), _) => RunState::Aborted,
    };
    let ended_by = match &result.abort {
        Some(AbortReason::Reached(what) | AbortReason::Unreachable(what) | AbortReason::Lost(what)) => {
            Some(what.clone())
        }
        _ => None,
    };
    Outcome {
        state,
        exit_code: i32::from(failure.map_or(exit_code::FINE, Failure::code)),
        reason: failure.map(ToString::to_string).or(ended_by),
        planned_seconds: planned.map(|planned| planned.as_secs_f64()),
        paused_seconds: (!result.paused.is_zero()).then_some(result.paused.as_secs_f64()),
        ..Outcome::default()
    }
}

/// What became of the iterations of each scenario.
pub(crate) fn scenarios(result: &RunResult) -> Vec<ScenarioResult> {
    let scenario = |one: &ScenarioProgress| ScenarioResult {
        name: one.name.clone(),
        completed: one.iterations.completed,
        failed: one.iterations.failed,
        interrupted: one.iterations.interrupted,
        dropped: one.iterations.dropped,
    };
    result.scenarios.iter().map(scenario).collect()
}

/// The failure once the run was judged: what the verdict says, unless there is one that says as much already.
pub(crate) fn with_judgement(failure: Option<Failure>, judgement: &Judgement) -> Option<Failure> {
    let reason = judgement.reason.as_ref().filter(|reason| reason.cause.verdict().is_failure());
    let Some(reason) = reason else { return failure };
    if failure.as_ref().and_then(Failure::cause) == Some(reason.cause) {
        return failure;
    }
    Some(match reason.cause {
        Cause::ExpectationMissed => Failure::Expectations(missed(judgement)),
        _ => Failure::Verdict(Box::new(reason.clone())),
    })
}

/// The names of expectations that were missed.
fn missed(judgement: &Judgement) -> Vec<String> {
    let missed = judgement.expectations.iter().filter(|one| matches!(one.result, Mark::Fail | Mark::Warn));
    missed.map(|one| one.name.clone()).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use flashcrowd_engine::Stalls;
    use flashcrowd_metrics::{Plan, Registry, Totals};

    use super::*;

    fn ended(abort: Option<AbortReason>) -> RunResult {
        RunResult {
            totals: Totals::new(Arc::new(Plan::new(Registry::new())), 1),
            elapsed: Duration::from_secs(1),
            load: None,
            thresholds: Vec::new(),
            scenarios: Vec::new(),
            abort,
            failure: None,
            dropped_samples: 0,
            paused: Duration::ZERO,
            stalls: Stalls::default(),
            lost_workers: 0,
            errors: Vec::new(),
        }
    }

    #[test]
    fn a_run_that_found_what_it_looked_for_has_finished_and_says_what_it_found() {
        let found = || Some("the breaking point was found".to_owned());
        let cases = [
            (None, RunState::Finished, 0, None),
            (
                Some(AbortReason::Reached("the breaking point was found".into())),
                RunState::Finished,
                0,
                found(),
            ),
            (Some(AbortReason::Threshold(Vec::new())), RunState::Aborted, 0, None),
            (Some(AbortReason::Signal), RunState::Interrupted, 105, Some(Failure::Signal.to_string())),
            (Some(AbortReason::Stopped), RunState::Interrupted, 103, Some(Failure::Stopped.to_string())),
        ];
        for (abort, state, exit_code, reason) in cases {
            let result = ended(abort);
            let verdict = verdict(&result);
            let planned_seconds = Some(9.0);
            let expected = Outcome { state, exit_code, reason, planned_seconds, ..Outcome::default() };
            assert_eq!(outcome(&result, verdict.as_ref().err(), Some(Duration::from_secs(9))), expected);
        }
    }
}
