//! Loading a script: running its top level once, to learn its options, exports and metrics.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::VuIds;

use crate::error::ScriptError;
use crate::machine::{Command, Description, Machine, Reply};
use crate::program::Program;
use crate::state::VuState;

/// Runs the script's top level once and answers what it exports.
pub fn describe(program: &Arc<Program>) -> Result<Description, ScriptError> {
    on_own_runtime(program, Command::Describe, None).and_then(|reply| match reply {
        Reply::Description(description) => Ok(description),
        other => Err(unexpected(&other)),
    })
}

/// What `handleSummary` wants written, by destination; `None` when the script has no such function, or it answers
/// nothing.
pub type SummaryFiles = Option<Vec<(String, Vec<u8>)>>;

/// Runs `handleSummary` with the summary's data as JSON.
pub fn handle_summary(
    program: &Arc<Program>,
    data: String,
    timeout: Duration,
) -> Result<SummaryFiles, ScriptError> {
    on_own_runtime(program, Command::Summary(data), Some(timeout)).and_then(|reply| match reply {
        Reply::Files(files) => Ok(files),
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
) -> Result<Reply, ScriptError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| ScriptError::new(error.to_string()))?;
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        let ids = VuIds { in_instance: 0, in_test: 0 };
        let vu = VuState::new(program.clone(), None, ids);
        let mut machine = Machine::new(vu).map_err(|error| ScriptError::new(error.to_string()))?;
        match machine.reply().await {
            Reply::Ready => {}
            Reply::Failed(error) => return Err(error),
            other => return Err(unexpected(&other)),
        }
        match machine.run(command, timeout).await {
            Reply::Failed(error) => Err(error),
            reply => Ok(reply),
        }
    })
}

fn unexpected(reply: &Reply) -> ScriptError {
    ScriptError::new(format!("the script ended in an unexpected way: {reply:?}"))
}
