//! To play a test is to run it on the engine, with its picture, its record and what goes on beside it.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use flashcrowd_engine::config::needs;
use flashcrowd_engine::{AbortReason, Control, RunResult, Watchers, run};
use flashcrowd_observe::Prometheus;
use flashcrowd_record::{Audit, RecordWriter, RunInfo};
use tokio::task::LocalSet;

use super::Config;
use super::beside::{audits, observe, stocks};
use super::brink::Brink;
use super::engine_test::engine_test;
use super::front_end::FrontEnd;
use super::watcher::{Drawing, Picture, Watcher};
use crate::commands::Context;
use crate::exit::Failure;

/// How often progress is redrawn on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

/// The record of a test, if one is kept.
pub struct Recording<'a> {
    /// What was run.
    pub info: Option<&'a RunInfo>,
    /// What keeps it.
    pub writer: Option<RecordWriter>,
}

/// What came of a test.
pub struct Played {
    /// What the engine says.
    pub result: RunResult,
    /// The record, unless it could not be written.
    pub record: Option<RecordWriter>,
    /// What the reader of the figures should know.
    pub warnings: Vec<String>,
    /// Stocks, read before and after.
    pub audits: Vec<Audit>,
}

/// Runs a test and shows its progress.
pub fn play(
    context: &Context,
    config: &Config,
    test: &dyn FrontEnd,
    recording: Recording<'_>,
    drawing: Rc<dyn Drawing>,
) -> Result<Played, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("cannot start the run")?;
    let control = Arc::new(Control::new());
    let picture = picture(context, test, &control, drawing);
    let stops = test.plan().is_some_and(|plan| plan.stop_at_breaking_point);
    let brink = recording.info.filter(|_| stops).map(|info| Brink::new(info.clone(), control.clone()));
    let mut watcher = Watcher::new(picture.clone(), &context.log, recording.writer).brink(brink);
    LocalSet::new().block_on(&runtime, async {
        let before = stocks(test.plan(), test.http()).await;
        let target = observe(config, test, &context.log).await;
        watcher.observe(target.clone());
        let beside = async {
            tokio::join!(redraw(&picture), heed_signals(context, &control), read(target.as_ref()));
        };
        let result = tokio::select! {
            result = run(
                engine_test(config, test), test.behaviour(), control.clone(), Watchers::none().observer(&mut watcher)
            ) => result,
            () = beside => unreachable!("what runs beside the test has no end"),
        };
        picture.finish();
        let after = stocks(test.plan(), test.http()).await;
        let audits = audits(test.plan(), before, after, &result.totals);
        let (record, warnings) = watcher.into_parts();
        Ok(Played { result, record, warnings, audits })
    })
}

fn picture(
    context: &Context,
    test: &dyn FrontEnd,
    control: &Arc<Control>,
    drawing: Rc<dyn Drawing>,
) -> Picture {
    let starts = test.scenarios().iter().map(|scenario| scenario.start_time).collect();
    let length = needs(test.scenarios(), test.options().share()).end;
    let picture = Picture::new(context.console.clone(), control.clone(), starts, length);
    picture.drawn(drawing).quiet(context.talk.quiet())
}

async fn read(target: Option<&Prometheus>) {
    match target {
        Some(target) => target.run().await,
        None => std::future::pending().await,
    }
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
    crate::signals::received().await;
    // A run that is ending already goes on ending.
    control.abort(AbortReason::Signal);
    context.log.warn("stopping: the summary follows; send the signal again to end at once");
    crate::signals::received().await;
    context.console.keep();
    std::process::exit(i32::from(crate::exit::SIGNAL));
}
