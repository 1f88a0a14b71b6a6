//! To measure is to play a test, gather what came of it, and judge it.

use std::rc::Rc;
use std::time::SystemTime;

use flashcrowd_diagnosis::{Evidence, judge};
use flashcrowd_engine::RunResult;
use flashcrowd_k6::Options;
use flashcrowd_metrics::{Builtin, Stat};

use flashcrowd_record::{RecordWriter, Results, ResultsMeta, RunInfo, SummaryOptions, ThresholdOutcome};

use super::Config;
use super::bottleneck::Effort;
use super::facts;
use super::front_end::FrontEnd;
use super::keep::Keep;
use super::play::{Recording, play};
use super::verdict::{outcome, verdict, with_judgement};
use super::watcher::Drawing;
use crate::commands::Context;
use crate::exit::Failure;
use crate::process::Usage;
use crate::{clock, process};

/// Runs a test and shows its progress: what was measured, and whether it was a success.
pub fn measure(
    context: &Context,
    config: &Config,
    test: &dyn FrontEnd,
    keep: Option<Keep>,
    drawing: Rc<dyn Drawing>,
) -> Result<(Results, Result<(), Failure>), Failure> {
    let (start, used) = (clock::now(), process::usage());
    let (info, writer, _temporary) = match keep {
        Some(keep) => (Some(keep.info), Some(keep.writer), keep.temporary),
        None => (None, None, None),
    };
    let played = play(context, config, test, Recording { info: info.as_ref(), writer }, drawing)?;
    let result = played.result;
    let mut verdict = verdict(&result);
    // Nothing is known of the load generator alone where the target is in this process as well.
    let used = used.filter(|_| !test.target_is_here());
    let effort = effort(config, &result, start, used);
    let meta = ResultsMeta {
        generated_at: facts::rfc3339(clock::now()),
        tool: facts::tool(),
        test: test.info(),
        options: test.options().to_json(),
        start: facts::rfc3339(start),
        outcome: outcome(&result, verdict.as_ref().err()),
        setup_data: test.setup_data(),
        warnings: notes(context, &result, &effort, played.warnings),
        audits: played.audits,
    };
    let mut results = results(test.options(), &result, meta);
    match (played.record, info) {
        (Some(record), Some(info)) => {
            (results, verdict) = judged(test, &record, &info, (results, verdict))?;
            if let Err(error) = record.finish(&results, &result.totals) {
                context.log.error(&error.to_string());
            }
        }
        // The record broke off, which was said when it did. What nobody has judged must not pass.
        _ if test.is_judged() => verdict = verdict.and(Err(unjudged())),
        _ => {}
    }
    Ok((results, verdict))
}

fn unjudged() -> Failure {
    anyhow::anyhow!("the run was not judged, since its record could not be kept to the end").into()
}

/// Judges a run by its record.
fn judged(
    test: &dyn FrontEnd,
    record: &RecordWriter,
    info: &RunInfo,
    (mut results, verdict): (Results, Result<(), Failure>),
) -> Result<(Results, Result<(), Failure>), Failure> {
    let timeline = record.timeline().map_err(anyhow::Error::new)?;
    test.complete(&mut results, &timeline);
    let judgement = judge(&Evidence { run: info, timeline: &timeline, results: Some(&results) });
    let verdict = with_judgement(verdict, &judgement);
    let mut results = results.judged(judgement);
    if let Err(failure @ Failure::Expectations(_)) = &verdict {
        results.outcome.exit_code = i32::from(failure.code());
        results.outcome.reason = Some(failure.to_string());
    }
    Ok((results, verdict))
}

/// How hard this process worked since it had used that much.
fn effort(config: &Config, result: &RunResult, start: SystemTime, used: Option<Usage>) -> Effort {
    let lag = result.totals.metric(Builtin::ITERATION_LAG).filter(|lag| !lag.is_empty());
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Effort {
        cpu: used.zip(process::usage()).map(|(before, after)| after.cpu.saturating_sub(before.cpu)),
        wall: clock::now().duration_since(start).unwrap_or_default(),
        processors: config.workers().map_or(cores, |workers| workers.get().min(cores)),
        dropped: result.scenarios.iter().map(|scenario| scenario.iterations.dropped).sum(),
        lag_p99: lag.and_then(|lag| lag.stat(Stat::Percentile(99.0), result.elapsed.as_secs_f64())),
    }
}

/// What the reader of the figures should know, which is also told at once.
fn notes(context: &Context, result: &RunResult, effort: &Effort, mut warnings: Vec<String>) -> Vec<String> {
    warnings.extend(effort.bottleneck().inspect(|text| context.log.warn(text)));
    let completed: u64 = result.scenarios.iter().map(|scenario| scenario.iterations.completed).sum();
    if completed == 0 && result.errors.is_empty() && result.abort.is_none() {
        let text =
            "no iteration ran to its end: let the test last longer, or give iterations more gracefulStop";
        context.log.warn(text);
        warnings.push(text.to_owned());
    }
    if let Some(overflow) = result.totals.overflow() {
        context.log.warn(&format!(
            "more than {} series: tag '{}' has {} values or more; figures by request are incomplete, totals are not. \
             Give requests a name: http.get(url, {{ tags: {{ name: '...' }} }})",
            overflow.cap, overflow.tag, overflow.distinct
        ));
    }
    warnings
}

fn results(options: &Options, result: &RunResult, meta: ResultsMeta) -> Results {
    let unit = options.summary_time_unit().and_then(|unit| flashcrowd_text::TimeUnit::parse(unit.name()));
    // The options were checked; should a statistic be unknown after all, the usual ones are shown.
    let summary = SummaryOptions::new(options.summary_trend_stats().to_vec(), unit).unwrap_or_default();
    let outcomes: Vec<ThresholdOutcome> = result
        .thresholds
        .iter()
        .map(|one| ThresholdOutcome {
            metric_name: one.metric.clone(),
            source: one.source.clone(),
            ok: one.passed,
        })
        .collect();
    Results::collect(&result.totals, meta, &summary, &outcomes, result.elapsed.as_secs_f64())
}
