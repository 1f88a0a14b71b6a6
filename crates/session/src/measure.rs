//! What was measured is gathered when a run is over, and judged by its record.

use std::time::{Duration, SystemTime};

use flashcrowd_diagnosis::{Evidence, decide, judge};
use flashcrowd_engine::{AbortReason, RunResult, ThresholdResult};
use flashcrowd_metrics::{Builtin, Stat, Totals};
use flashcrowd_record::{
    Audit, GeneratorResult, Judgement, LostAgent, RecordError, RecordWriter, Results, ResultsMeta, RunInfo,
    SummaryOptions, ThresholdOutcome, TimelineLine,
};
use flashcrowd_test::{Options, Test};

use crate::failure::Failure;
use crate::find;
use crate::run_info::{rfc3339, run_info, tool};
use crate::settings::Settings;
use crate::system::clock;
use crate::system::generator::Effort;
use crate::system::process::{self, Usage};
use crate::verdict::{outcome, scenarios, verdict, with_judgement};

/// What came of the run itself.
pub(crate) struct Played {
    /// What the engine says.
    pub(crate) result: RunResult,
    /// The record, unless it could not be written.
    pub(crate) record: Option<RecordWriter>,
    /// What the reader of the figures should know.
    pub(crate) warnings: Vec<String>,
    /// Stocks, read before and after.
    pub(crate) audits: Vec<Audit>,
    /// Agents that were lost.
    pub(crate) lost_agents: Vec<LostAgent>,
    /// When the search for the breaking point ended the load, in seconds of load.
    pub(crate) stopped_at: Option<f64>,
}

/// What a run came to.
pub(crate) struct Measured {
    pub(crate) results: Results,
    pub(crate) failure: Option<Failure>,
    pub(crate) closing: Option<Closing>,
}

/// What the record is closed with.
pub(crate) struct Closing {
    pub(crate) writer: RecordWriter,
    pub(crate) info: RunInfo,
    pub(crate) totals: Totals,
}

/// Gathers what was measured since the start, and judges it.
pub(crate) fn measured(
    test: &dyn Test,
    settings: &Settings,
    played: Played,
    info: Option<RunInfo>,
    (start, used): (SystemTime, Option<Usage>),
) -> Measured {
    let mut result = played.result;
    if settings.interrupt.is_set() && matches!(result.abort, None | Some(AbortReason::Reached(_))) {
        // The signal came before or after the run itself.
        result.abort = Some(AbortReason::Signal);
    }
    let mut failure = verdict(&result).err();
    // Nothing is known of the load generator alone where the target is in this process as well.
    let effort = effort(settings, &result, start, used.filter(|_| !settings.target_is_here));
    let meta = ResultsMeta {
        generated_at: rfc3339(clock::now()),
        tool: tool(),
        test: test.info(),
        options: test.options().to_json(),
        start: test.recorded().map_or_else(|| rfc3339(start), |info| info.start),
        outcome: outcome(&result, failure.as_ref(), planned(test)),
        scenarios: scenarios(&result),
        setup_data: test.setup_data(),
        warnings: notes(settings, &result, &effort, played.warnings),
        audits: played.audits,
        generator: generator(&result, played.lost_agents),
        load_seconds: load_seconds(&result),
    };
    let mut results = results(test.options(), &result, meta);
    results.outcome.stopped_at = played.stopped_at;
    let mut closing = None;
    let is_kept = played.record.is_some() || info.is_none();
    match (played.record, info) {
        (Some(writer), Some(info)) => {
            match judged(test, &writer, &info, (results.clone(), failure.clone())) {
                Ok(found) => (results, failure) = found,
                Err(error) => {
                    settings.error(&error.to_string());
                    failure = failure.or(Some(Failure::NotJudged));
                }
            }
            closing = Some(Closing { writer, info, totals: result.totals });
        }
        // The record broke off, which was said when it did. What nobody has judged must not pass.
        _ if test.is_judged() => failure = failure.or(Some(Failure::NotJudged)),
        _ => {
            (results, failure) = by_results(test, settings, results, failure);
            // It was asked for, and what nobody reads back must not pass as kept.
            failure = failure.or_else(|| (!is_kept).then_some(Failure::NotKept));
        }
    }
    Measured { results, failure, closing }
}

/// Judges a run by its record.
fn judged(
    test: &dyn Test,
    record: &RecordWriter,
    info: &RunInfo,
    (mut results, failure): (Results, Option<Failure>),
) -> Result<(Results, Option<Failure>), RecordError> {
    let timeline = record.timeline()?;
    test.complete(&mut results, &timeline);
    let judgement = judgement(record, info, &results, &timeline);
    Ok(concluded(results, failure, judgement))
}

/// What to think of a run by its record: by what that keeps, so that the same comes out when it is judged again.
fn judgement(
    record: &RecordWriter,
    info: &RunInfo,
    results: &Results,
    timeline: &[TimelineLine],
) -> Judgement {
    let (run, kept) = (info.redacted().with_trials(timeline), record.redacted(results));
    judge(&Evidence { run: &run, timeline, results: Some(&kept) })
}

/// A run whose end turned out to be another one, judged again.
pub(crate) fn judged_again(
    test: &dyn Test,
    settings: &Settings,
    closing: Option<&Closing>,
    results: Results,
) -> Results {
    let by_record = closing.and_then(|closing| {
        let timeline = closing.writer.timeline().ok()?;
        Some(judgement(&closing.writer, &closing.info, &results, &timeline))
    });
    let judgement = by_record.unwrap_or_else(|| judgement_of(test, settings, &results));
    results.judged(judgement)
}

/// Judges a run that has no record: by its results alone, without steps and findings.
fn by_results(
    test: &dyn Test,
    settings: &Settings,
    results: Results,
    failure: Option<Failure>,
) -> (Results, Option<Failure>) {
    let judgement = judgement_of(test, settings, &results);
    concluded(results, failure, judgement)
}

/// What to think of a run by its results alone.
fn judgement_of(test: &dyn Test, settings: &Settings, results: &Results) -> Judgement {
    let info = run_info(test, settings);
    let mut judgement = Judgement::default();
    let reason = decide(&Evidence { run: &info, timeline: &[], results: Some(results) }, &judgement);
    judgement.verdict = reason.cause.verdict();
    judgement.reason = Some(reason);
    judgement
}

/// The results with what to think of them, and why the run was no success.
fn concluded(results: Results, failure: Option<Failure>, judgement: Judgement) -> (Results, Option<Failure>) {
    let judged = with_judgement(failure.clone(), &judgement);
    let judged = judged.or_else(|| results.search.as_ref().and_then(find::failure));
    let mut results = results.judged(judgement);
    if let Some(failed) = judged.as_ref().filter(|_| judged != failure) {
        results.outcome.exit_code = i32::from(failed.code());
        results.outcome.reason.get_or_insert_with(|| failed.to_string());
    }
    (results, judged)
}

/// How long the load is to last; none where a number of iterations decides.
fn planned(test: &dyn Test) -> Option<Duration> {
    let share = test.options().share();
    let ends = test.scenarios().iter().map(|scenario| {
        let is_timed = scenario.executor.iterations(share).is_none();
        is_timed.then(|| scenario.start_time.saturating_add(scenario.executor.length()))
    });
    ends.collect::<Option<Vec<_>>>()?.into_iter().max()
}

/// How long scenarios ran; none where setup and teardown took no time worth telling apart.
fn load_seconds(result: &RunResult) -> Option<f64> {
    /// Less is what a run takes to begin and to end.
    const NOTHING: f64 = 0.1;
    let load = result.load.as_ref()?;
    let seconds = load.end.saturating_sub(load.start).as_secs_f64();
    (result.elapsed.as_secs_f64() - seconds > NOTHING).then_some(seconds)
}

/// What held the load generator up.
fn generator(result: &RunResult, lost_agents: Vec<LostAgent>) -> GeneratorResult {
    GeneratorResult {
        stalled_seconds: result.stalls.total.as_secs_f64(),
        longest_stall_seconds: result.stalls.longest.as_secs_f64(),
        lost_workers: result.lost_workers,
        lost_agents,
    }
}

/// How hard this process worked since it had used that much.
fn effort(settings: &Settings, result: &RunResult, start: SystemTime, used: Option<Usage>) -> Effort {
    let lag = result.totals.metric(Builtin::ITERATION_LAG).filter(|lag| !lag.is_empty());
    Effort {
        cpu: used.zip(process::usage()).map(|(before, after)| after.cpu.saturating_sub(before.cpu)),
        wall: clock::now().duration_since(start).unwrap_or_default(),
        processors: settings.processors(),
        dropped: result.scenarios.iter().map(|scenario| scenario.iterations.dropped).sum(),
        lag_p99: lag.and_then(|lag| lag.stat(Stat::Percentile(99.0), result.elapsed.as_secs_f64())),
    }
}

/// From this share of the requests on, it is said that they were sent again.
const RESENT_SHARE: f64 = 0.01;

/// What the reader of the figures should know, which is also told at once.
fn notes(settings: &Settings, result: &RunResult, effort: &Effort, mut warnings: Vec<String>) -> Vec<String> {
    warnings.extend(effort.bottleneck().inspect(|text| settings.warn(text)));
    if !result.paused.is_zero() {
        // Who paused it knows; who reads of it has to.
        let seconds = result.paused.as_secs_f64();
        warnings.push(format!("the run was paused for {seconds:.1} s in all, which are no part of its time"));
    }
    let completed: u64 = result.scenarios.iter().map(|scenario| scenario.iterations.completed).sum();
    // A behaviour that plays its users by itself says by itself what became of them.
    let is_played = result.scenarios.iter().any(|scenario| scenario.executor == "played-vus");
    if completed == 0 && !is_played && result.errors.is_empty() && result.abort.is_none() {
        let text =
            "no iteration ran to its end: let the test last longer, or give iterations more gracefulStop";
        settings.warn(text);
        warnings.push(text.to_owned());
    }
    let sum = |metric| {
        result.totals.metric(metric).and_then(|sink| sink.stat(Stat::Count, 1.0)).unwrap_or_default()
    };
    let (resent, requests) = (sum(Builtin::HTTP_REQS_RESENT), sum(Builtin::HTTP_REQS));
    if resent >= RESENT_SHARE * requests && resent > 0.0 {
        let text = format!(
            "{resent} requests were sent again, since the target had closed their connections without an answer: they \
             do not count as failed; --no-resend lets them fail"
        );
        settings.warn(&text);
        warnings.push(text);
    }
    if result.totals.plan().tree.is_full() {
        let text = "more than 10,000 names of checks or groups, or names of more than 16 KiB or 16 MiB in all: the others are counted together; give checks fixed names";
        settings.warn(text);
        warnings.push(text.to_owned());
    }
    if let Some(overflow) = result.totals.overflow() {
        settings.warn(&format!(
            "more than {} series: tag '{}' has {} values or more; figures by request are incomplete, totals are not. \
             Give requests a name: http.get(url, {{ tags: {{ name: '...' }} }})",
            overflow.cap, overflow.tag, overflow.distinct
        ));
    }
    warnings
}

fn results(options: &Options, result: &RunResult, meta: ResultsMeta) -> Results {
    // The options were checked; should a statistic be unknown after all, the usual ones are shown.
    let summary = SummaryOptions::new(options.summary_trend_stats().to_vec(), options.summary_time_unit())
        .unwrap_or_default();
    let outcomes = outcomes(&result.thresholds);
    Results::collect(&result.totals, meta, &summary, &outcomes, result.elapsed.as_secs_f64())
}

/// What became of thresholds, as results name them.
pub(crate) fn outcomes(thresholds: &[ThresholdResult]) -> Vec<ThresholdOutcome> {
    let outcome = |one: &ThresholdResult| ThresholdOutcome {
        metric_name: one.metric.clone(),
        source: one.source.clone(),
        ok: one.passed,
    };
    thresholds.iter().map(outcome).collect()
}
