//! What an agent does: it joins a run, gets the test, and runs its part.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Parser as _;
use flashcrowd_cluster::{Agent, AgentError};
use flashcrowd_engine::Share;
use flashcrowd_record::Secrets;
use flashcrowd_session::{Failure as RunFailure, Listeners, Session};
use flashcrowd_test::{Level, Log, Message, Source};
use tempfile::TempDir;

use super::assignment::Assignment;
use super::bus::bus;
use super::typed::{Only, Typed};
use crate::args::{BusArgs, ClusterArgs, ResultArgs, RunArgs};
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::config::Config;
use crate::run::execute::load_with;

/// Runs a part of the run of that bus.
pub fn run(context: &Context, (args, address): (&BusArgs, &str), name: &str) -> Result<(), Failure> {
    let bus = bus(args, address, (&context.environment, &context.interrupt))
        .map_err(|problem| Failure::Config(vec![problem]))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(anyhow::Error::new)?;
    let attendance = context.interrupt.attend();
    let agent = runtime.block_on(Agent::join(bus, name, &context.interrupt)).map_err(failure)?;
    let assigned = runtime.block_on(agent.test()).map_err(failure)?;
    drop(attendance);
    let log = Arc::new(AgentLog(TestLog::new(context.log.clone())));
    let prepared = Prepared::of(context, &assigned, &agent, log.clone());
    let Prepared { config, tests, folder } = match prepared {
        Ok(prepared) => prepared,
        Err(error) => {
            runtime.block_on(agent.failed(error.messages().join("; ")));
            return Err(error);
        }
    };
    let settings = flashcrowd_session::Settings { log, ..config.part_settings(context) };
    let session = match Session::open(tests[0].as_ref(), &settings) {
        Ok(session) => session,
        Err(error) => {
            runtime.block_on(agent.failed(error.to_string()));
            return Err(error.into());
        }
    };
    let mut player = agent.player(tests[0].as_ref());
    let finished = session.run(Listeners { player: Some(&mut player), ..Listeners::default() })?;
    drop(folder);
    // Whoever leads judges the run; an agent that did what it was told has done well.
    match (finished.failure, player.lost()) {
        (Some(RunFailure::Signal), _) => Err(Failure::SIGNAL),
        (_, Some(why)) => Err(failure(AgentError::Lost(why.to_owned()))),
        (_, None) => Ok(()),
    }
}

fn failure(error: AgentError) -> Failure {
    match error {
        AgentError::Interrupted => Failure::SIGNAL,
        error => Failure::Other(anyhow::Error::new(error)),
    }
}

/// A test that is loaded as the run's command line says.
struct Prepared {
    config: Config,
    tests: Vec<Box<dyn flashcrowd_test::Test>>,
    /// Where the test lies, for as long as it runs.
    folder: Option<TempDir>,
}

impl Prepared {
    fn of(context: &Context, assigned: &[u8], agent: &Agent, log: Arc<AgentLog>) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::Config(vec![what]);
        let assignment: Assignment = serde_json::from_slice(assigned)
            .map_err(|error| wrong(format!("what the lead has assigned cannot be read: {error}")))?;
        let version = env!("CARGO_PKG_VERSION");
        if assignment.version != version {
            let theirs = assignment.version;
            return Err(wrong(format!(
                "the lead is of version {theirs}, and this agent of version {version}"
            )));
        }
        let typed = Typed::try_parse_from(&assignment.args).map_err(|error| wrong(error.to_string()))?;
        let Only::Run(mut args) = typed.command;
        let folder = own_part(&mut args, &assignment, agent.part())?;
        let (config, _) = Config::resolve(&args, &context.environment).map_err(Failure::Config)?;
        let tests = load_with(context, &config, log)?;
        match tests.len() {
            1 => Ok(Self { config, tests, folder }),
            others => Err(wrong(format!("--agents: this file has {others} tests, and a run is of one"))),
        }
    }
}

/// Makes the command line that of one part. Returns where the test lies, if it came with it.
fn own_part(
    args: &mut RunArgs,
    assignment: &Assignment,
    (part, of): (usize, usize),
) -> Result<Option<TempDir>, Failure> {
    let cuts: Vec<String> = (0..=of).map(|cut| format!("{cut}/{of}")).collect();
    args.load.execution_segment = Some(format!("{}:{}", cuts[part], cuts[part + 1]));
    args.load.execution_segment_sequence = Some(cuts.join(","));
    args.cluster = ClusterArgs::default();
    args.results = ResultArgs {
        summary_trend_stats: std::mem::take(&mut args.results.summary_trend_stats),
        summary_mode: args.results.summary_mode.take(),
        tag: std::mem::take(&mut args.results.tag),
        system_tags: std::mem::take(&mut args.results.system_tags),
        console_output: args.results.console_output.take(),
        ..ResultArgs::default()
    };
    args.cycle.workers = assignment.workers.map(|workers| workers.to_string()).or(args.cycle.workers.take());
    if let Some(seed) = assignment.seed {
        args.load.seed = Some(seed.to_string());
    }
    if let Some(rps) = assignment.rps {
        args.network.rps = Some(Share::whole().split(of)[part].scale(u64::from(rps)).to_string());
    }
    let Some(test) = &assignment.test else { return Ok(None) };
    let folder = tempfile::tempdir().map_err(anyhow::Error::new)?;
    let name = PathBuf::from(&test.name).file_name().map_or_else(|| "script.js".into(), PathBuf::from);
    let path = folder.path().join(if name.as_os_str() == "-" { PathBuf::from("script.js") } else { name });
    let content = test.content().map_err(anyhow::Error::new)?;
    std::fs::write(&path, content).map_err(anyhow::Error::new)?;
    args.script = path;
    Ok(Some(folder))
}

/// The log of an agent: what scripts say. What the program itself says, whoever leads says once for all agents.
struct AgentLog(TestLog);

impl Log for AgentLog {
    fn log(&self, message: &Message<'_>) {
        if message.source != Source::Engine || message.level == Level::Error {
            self.0.log(message);
        }
    }

    fn secrets(&self) -> Secrets {
        self.0.secrets()
    }

    fn console_to(&self, file: &std::path::Path) -> std::io::Result<()> {
        self.0.console_to(file)
    }
}
