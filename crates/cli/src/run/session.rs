//! A session runs a loaded test and says what came of it.

use std::io::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use anyhow::Context as _;
use flashcrowd_engine::config::needs;
use flashcrowd_engine::{AbortReason, Control, RunResult, RunStage, run};
use flashcrowd_k6::{K6Behaviour, ScriptError, StageError, handle_summary};
use flashcrowd_metrics::{Builtin, Stat};
use flashcrowd_report as report;
use flashcrowd_report::{
    Outcome, RecordWriter, Results, ResultsMeta, RunState, SummaryOptions, ThresholdOutcome,
};

use super::bottleneck::Effort;
use super::facts;
use super::loaded::Loaded;
use super::watcher::{Drawing, Picture, Scenarios, Watcher};
use super::{Config, Script};
use crate::commands::Context;
use crate::exit::Failure;
use crate::process::Usage;
use crate::screen::{Header, Stream, header};
use crate::{clock, process};

/// How often progress is redrawn on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

/// Runs a test from its configuration to the end.
pub fn execute(context: &Context, config: &Config) -> Result<(), Failure> {
    let (loaded, record) = prepare(context, config)?;
    if !context.talk.quiet() {
        let text = header(&head(config, &loaded), context.console.color(Stream::Out));
        context.console.write(Stream::Out, &text);
    }
    let (results, verdict) = measure(context, config, &loaded, record, Rc::new(Scenarios))?;
    conclude(context, config, &loaded, &results)?;
    verdict
}

/// Makes everything ready for a test, and opens its record; nothing has been sent or shown.
pub fn prepare(context: &Context, config: &Config) -> Result<(Loaded, Option<RecordWriter>), Failure> {
    let loaded = Loaded::load(config, &context.log)?;
    loaded.settle()?;
    process::raise_file_limit();
    let record = record(config, &loaded)?;
    Ok((loaded, record))
}

/// Runs a test and shows its progress: what was measured, and whether it was a success.
pub fn measure(
    context: &Context,
    config: &Config,
    loaded: &Loaded,
    record: Option<RecordWriter>,
    drawing: Rc<dyn Drawing>,
) -> Result<(Results, Result<(), Failure>), Failure> {
    let (start, used) = (clock::now(), process::usage());
    let (result, record, warnings) = play(context, config, loaded, record, drawing)?;
    let effort = effort(config, &result, start, used);
    let verdict = verdict(&result);
    let meta = ResultsMeta {
        generated_at: facts::rfc3339(clock::now()),
        tool: facts::tool(),
        test: facts::test(config),
        options: loaded.options.to_json(),
        start: facts::rfc3339(start),
        outcome: outcome(&result, verdict.as_ref().err()),
        setup_data: loaded.program.setup_data().and_then(|json| serde_json::from_str(json).ok()),
        warnings: notes(context, &result, &effort, warnings),
    };
    let results = results(loaded, &result, meta);
    if let Some(record) = record
        && let Err(error) = record.finish(&results, &result.totals)
    {
        context.log.error(&error.to_string());
    }
    Ok((results, verdict))
}

fn head(config: &Config, loaded: &Loaded) -> Header {
    let share = loaded.options.share();
    let needs = needs(loaded.options.scenarios(), share);
    Header {
        script: config.script().to_string(),
        record: config.record().map(|path| path.display().to_string()),
        share: share.fraction(),
        max_vus: needs.possible,
        max_duration: needs.end,
        scenarios: loaded
            .options
            .scenarios()
            .iter()
            .map(|scenario| (scenario.name.clone(), scenario.describe(share)))
            .collect(),
    }
}

fn record(config: &Config, loaded: &Loaded) -> Result<Option<RecordWriter>, Failure> {
    let Some(path) = config.record() else { return Ok(None) };
    let writer = RecordWriter::create(path, &facts::run_info(config, loaded)).map_err(anyhow::Error::new)?;
    Ok(Some(writer))
}

type Played = (RunResult, Option<RecordWriter>, Vec<String>);

fn play(
    context: &Context,
    config: &Config,
    loaded: &Loaded,
    record: Option<RecordWriter>,
    drawing: Rc<dyn Drawing>,
) -> Result<Played, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the run")?;
    let control = Arc::new(Control::new());
    let starts = loaded.options.scenarios().iter().map(|scenario| scenario.start_time).collect();
    let needs = needs(loaded.options.scenarios(), loaded.options.share());
    let picture = Picture::new(context.console.clone(), control.clone(), starts, needs.end);
    let picture = picture.drawn(drawing).quiet(context.talk.quiet());
    let mut watcher = Watcher::new(picture.clone(), &context.log, record);
    let behaviour = K6Behaviour::new(loaded.program.clone());
    let test = loaded.test(config);
    let result = runtime.block_on(async {
        let beside = async {
            tokio::join!(redraw(&picture), heed_signals(context, &control));
        };
        tokio::select! {
            result = run(test, behaviour, control.clone(), &mut watcher) => result,
            () = beside => unreachable!("what runs beside the test has no end"),
        }
    });
    picture.finish();
    let (record, warnings) = watcher.into_parts();
    Ok((result, record, warnings))
}

async fn redraw(picture: &Picture) {
    let mut ticks = tokio::time::interval(REDRAW);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    loop {
        ticks.tick().await;
        picture.redraw();
    }
}

/// The first signal ends the test with its summary, the second one ends the process.
#[expect(clippy::exit, reason = "whoever asks twice wants the process gone at once")]
async fn heed_signals(context: &Context, control: &Control) {
    loop {
        crate::signals::received().await;
        if !control.abort(AbortReason::Signal) && control.aborted() == Some(AbortReason::Signal) {
            context.console.keep();
            std::process::exit(i32::from(crate::exit::SIGNAL));
        }
        context.log.warn("stopping: the summary follows; send the signal again to end at once");
    }
}

/// Whether the run was a success, or why not. What comes first decides.
fn verdict(result: &RunResult) -> Result<(), Failure> {
    if let Some(error) = result.errors.iter().find(|error| !is_interruption(error)) {
        return Err(stage_failure(error));
    }
    match &result.abort {
        Some(AbortReason::Script(message)) => return Err(Failure::Aborted(message.clone())),
        Some(AbortReason::Signal) => return Err(Failure::Signal),
        Some(AbortReason::Error(text)) => return Err(Failure::Script(text.clone())),
        Some(AbortReason::Threshold(_)) | None => {}
    }
    let mut crossed: Vec<String> =
        result.thresholds.iter().filter(|one| !one.passed).map(|one| one.metric.clone()).collect();
    crossed.dedup();
    if !crossed.is_empty() {
        return Err(Failure::Thresholds(crossed));
    }
    match &result.failure {
        Some(message) => Err(Failure::Failed(message.clone())),
        None => Ok(()),
    }
}

/// Whether a stage only ended with the run.
fn is_interruption(error: &flashcrowd_engine::StageError) -> bool {
    let stage = matches!(error.source.downcast_ref(), Some(StageError::Interrupted { .. }));
    stage || error.source.downcast_ref::<ScriptError>().is_some_and(|error| error.interrupted)
}

fn stage_failure(error: &flashcrowd_engine::StageError) -> Failure {
    match (error.stage, error.source.downcast_ref::<StageError>()) {
        (RunStage::Setup, Some(StageError::Timeout { after, .. })) => Failure::SetupTimeout(*after),
        (RunStage::Teardown, Some(StageError::Timeout { after, .. })) => Failure::TeardownTimeout(*after),
        _ => Failure::Script(error.source.to_string()),
    }
}

fn outcome(result: &RunResult, failure: Option<&Failure>) -> Outcome {
    let state = match (&result.abort, failure) {
        (Some(AbortReason::Signal), _) => RunState::Interrupted,
        (Some(_), _) => RunState::Aborted,
        (None, Some(Failure::Script(_) | Failure::SetupTimeout(_) | Failure::TeardownTimeout(_))) => {
            RunState::Failed
        }
        (None, _) => RunState::Finished,
    };
    Outcome {
        state,
        exit_code: i32::from(failure.map_or(crate::exit::FINE, Failure::code)),
        reason: failure.map(ToString::to_string),
    }
}

/// How hard this process worked since it had used that much.
fn effort(config: &Config, result: &RunResult, start: SystemTime, used: Option<Usage>) -> Effort {
    let lag = result.totals.metric(Builtin::ITERATION_LAG).filter(|lag| !lag.is_empty());
    // The demo's shop is in this process as well, so that nothing is known of the load generator alone.
    let used = used.filter(|_| !matches!(config.script(), Script::BuiltIn { .. }));
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

fn results(loaded: &Loaded, result: &RunResult, meta: ResultsMeta) -> Results {
    let unit = loaded.options.summary_time_unit().and_then(|unit| report::TimeUnit::parse(unit.name()));
    // The options were checked; should a statistic be unknown after all, the usual ones are shown.
    let summary =
        SummaryOptions::new(loaded.options.summary_trend_stats().to_vec(), unit).unwrap_or_default();
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

/// Shows the summary, or has the script make its own.
fn conclude(context: &Context, config: &Config, loaded: &Loaded, results: &Results) -> Result<(), Failure> {
    if let Some(path) = config.summary_export() {
        let json = match config.machine_summary() {
            true => machine_summary(loaded, results),
            false => report::summary_export(results),
        };
        write_file(path, json.as_bytes()).map_err(Failure::Other)?;
    }
    let mode = config.summary();
    if mode == report::SummaryMode::Disabled {
        return Ok(());
    }
    if loaded.exports("handleSummary") && own_summary(context, config, loaded, results) {
        return Ok(());
    }
    let color = context.console.color(Stream::Out);
    context.console.write(Stream::Out, &report::render(results, mode, report::Style { color }));
    Ok(())
}

/// k6's newer JSON of the summary.
fn machine_summary(loaded: &Loaded, results: &Results) -> String {
    let program = &loaded.program;
    let script = program.sources().remove(&program.entry).unwrap_or_default();
    format!("{:#}", report::machine_summary(results, &script))
}

/// Whether the script made a summary of its own.
fn own_summary(context: &Context, config: &Config, loaded: &Loaded, results: &Results) -> bool {
    let terminal = report::Terminal {
        no_color: !context.talk.color(),
        stdout_tty: context.console.is_terminal(Stream::Out),
        stderr_tty: context.console.is_terminal(Stream::Err),
    };
    let data = match config.machine_summary() {
        true => machine_summary(loaded, results),
        false => report::handle_summary(results, terminal).to_string(),
    };
    let files = match handle_summary(&loaded.program, data, loaded.options.handle_summary_timeout()) {
        Ok(Some(files)) => files,
        Ok(None) => return false,
        Err(error) => {
            context.log.error(&format!("handleSummary failed: {error}"));
            return false;
        }
    };
    for (target, bytes) in files {
        match target.as_str() {
            "stdout" => context.console.write_bytes(Stream::Out, &bytes),
            "stderr" => context.console.write_bytes(Stream::Err, &bytes),
            path => {
                if let Err(error) = write_file(Path::new(path), &bytes) {
                    context.log.error(&format!("{error:#}"));
                }
            }
        }
    }
    true
}

fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let file = std::fs::File::create(path).with_context(|| format!("cannot write '{}'", path.display()));
    file?.write_all(bytes).with_context(|| format!("cannot write '{}'", path.display()))
}
