//! Loading a script: running its top level once, to learn its options, exports and metrics.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::VuIds;
use flashcrowd_test::{Interrupt, SummaryFiles};

use crate::error::ScriptError;
use crate::machine::{Command, Description, Machine, Reply};
use crate::program::Program;
use crate::state::VuState;

/// Reads the script and all that it imports; everything that cannot be had at once.
pub fn collect(program: &Arc<Program>, interrupt: &Interrupt) -> Result<(), ScriptError> {
    let _attendance = interrupt.attend();
    let failures = runtime()?.block_on(async {
        tokio::select! {
            failures = program.sources.collect() => Ok(failures),
            () = interrupt.wait() => Err(ScriptError::interrupted("the script")),
        }
    })?;
    let texts: Vec<String> = failures.iter().map(ToString::to_string).collect();
    if texts.is_empty() { Ok(()) } else { Err(ScriptError::new(texts.join("\n"))) }
}

/// Runs the script's top level once and answers what it exports.
pub fn describe(program: &Arc<Program>, interrupt: &Interrupt) -> Result<Description, ScriptError> {
    let limit = program.init_timeout();
    on_own_runtime(program, Command::Describe, Some(limit), interrupt).and_then(|reply| match reply {
        Reply::Description(description) => Ok(description),
        Reply::Interrupted if interrupt.is_set() => Err(ScriptError::interrupted("the script")),
        // Options may be computed when they are read.
        Reply::Interrupted => Err(ScriptError::interrupted("the script").too_long(limit)),
        other => Err(unexpected(&other)),
    })
}

/// Runs `handleSummary` with the summary's data as JSON.
pub fn handle_summary(
    program: &Arc<Program>,
    data: String,
    timeout: Duration,
    interrupt: &Interrupt,
) -> Result<SummaryFiles, ScriptError> {
    on_own_runtime(program, Command::Summary(data), Some(timeout), interrupt).and_then(|reply| match reply {
        Reply::Files(files) => Ok(files),
        Reply::Interrupted if interrupt.is_set() => Err(ScriptError::interrupted("handleSummary()")),
        Reply::Interrupted => Err(ScriptError::new(format!(
            "handleSummary() timed out after {} seconds",
            timeout.as_secs_f64()
        ))),
        other => Err(unexpected(&other)),
    })
}

fn on_own_runtime(
    program: &Arc<Program>,
    command: Command,
    timeout: Option<Duration>,
    interrupt: &Interrupt,
) -> Result<Reply, ScriptError> {
    let _attendance = interrupt.attend();
    let runtime = runtime()?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let ids = VuIds { in_instance: 0, in_test: 0 };
        let vu = VuState::new(program.clone(), None, ids);
        let mut machine = Machine::new(vu).map_err(|error| ScriptError::new(error.to_string()))?;
        let limit = program.init_timeout();
        match unless(interrupt, &machine.vu.clone(), machine.load(limit)).await {
            Reply::Ready => {}
            Reply::Failed(_) | Reply::Interrupted if interrupt.is_set() => {
                return Err(ScriptError::interrupted("the script"));
            }
            Reply::Failed(error) => return Err(error),
            other => return Err(unexpected(&other)),
        }
        match unless(interrupt, &machine.vu.clone(), machine.run(command, timeout)).await {
            Reply::Failed(error) => Err(error),
            reply => Ok(reply),
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime, ScriptError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ScriptError::new(error.to_string()))
}

/// A machine's reply, which comes at once when the script is interrupted.
async fn unless(interrupt: &Interrupt, vu: &VuState, reply: impl Future<Output = Reply>) -> Reply {
    let mut reply = std::pin::pin!(reply);
    tokio::select! {
        biased;
        reply = &mut reply => reply,
        () = interrupt.wait() => {
            vu.set_interrupted(true);
            reply.await
        }
    }
}

fn unexpected(reply: &Reply) -> ScriptError {
    ScriptError::new(format!("the script ended in an unexpected way: {reply:?}"))
}
