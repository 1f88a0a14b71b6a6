//! Leading a run: agents are started, and get what was typed and the test.

use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use flashcrowd_cluster::{Bus, Children, Hub, Lead, LeadSettings, OnLoss};
use flashcrowd_outputs::Output;
use flashcrowd_session::Settings;
use flashcrowd_test::{Origin, Test};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::assignment::{Assignment, TestFile};
use super::bus::{BUS, SECRET};
use crate::args::OnLossArg;
use crate::commands::Cli;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::Config;

/// How long agents of this machine may take to join.
const JOIN_WITHIN: Duration = Duration::from_secs(30);

/// Why a test cannot be run by several agents; none where it can.
pub fn refused(config: &Config, test: &dyn Test, outputs: &mut [Box<dyn Output>]) -> Option<String> {
    let agents = config.agents()?.get();
    let is_played = test.scenarios().iter().any(|one| one.executor.name() == "played-vus");
    let wants_samples = outputs.iter_mut().any(|output| output.observer().wants_samples());
    let rps = test.options().rps().filter(|rps| (*rps as usize) < agents);
    match () {
        () if is_played => Some("--agents: Locust files run on one machine: use --processes".to_owned()),
        () if wants_samples => Some(
            "--out: raw samples stay with the agents that measure them: leave it out, or use --part-out on each machine"
                .to_owned(),
        ),
        () if config.part_out().is_some() => Some("--part-out: agents tell what they measure: leave it out".to_owned()),
        () if test.options().share().fraction() < 1.0 => {
            Some("--execution-segment: agents have a part of the test each: leave it out".to_owned())
        }
        () => rps.map(|rps| format!("rps: {rps} is less than one request per second for each of {agents} agents")),
    }
}

/// How many worker threads all agents of this machine have together: as many as were asked for each, or one a core.
pub fn workers(config: &Config, settings: &Settings) -> Option<NonZeroUsize> {
    let Some(agents) = config.agents() else { return settings.workers };
    let cores = std::thread::available_parallelism().unwrap_or(agents);
    let each = settings.workers.map_or((cores.get() / agents.get()).max(1), NonZeroUsize::get);
    NonZeroUsize::new(each).map(|each| each.saturating_mul(agents))
}

/// Starts agents, and leads them.
pub fn lead<'t>(
    context: &Context,
    config: &Config,
    test: &'t dyn Test,
    (workers, seed): (Option<NonZeroUsize>, Option<u64>),
) -> Result<Option<Lead<'t>>, Failure> {
    let Some(agents) = config.agents().map(NonZeroUsize::get) else { return Ok(None) };
    let secret = secret()?;
    let hub = Hub::open(([127, 0, 0, 1], 0).into(), &secret).map_err(anyhow::Error::new)?;
    let bus: Arc<dyn Bus> = Arc::new(hub.bus().clone());
    let mut children = Children::default();
    for number in 1..=agents {
        let name = format!("agent-{number}");
        let mut command = agent(&bus.address(), &name)?;
        command.env(SECRET, &secret).env_remove(BUS).stdin(Stdio::null());
        children.start(&name, &mut command).map_err(anyhow::Error::new)?;
    }
    let assignment = Assignment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        args: std::env::args().collect(),
        test: match config.origin() {
            Origin::Text { name, text } => Some(TestFile::new(name, text.as_bytes())),
            Origin::File(_) | Origin::Stdin => None,
        },
        workers: workers.map(|workers| workers.get() / agents),
        rps: test.options().rps(),
        seed,
    };
    let lead_settings = LeadSettings {
        agents,
        join_within: JOIN_WITHIN,
        on_loss: match config.on_loss() {
            OnLossArg::Abort => OnLoss::Abort,
            OnLossArg::Continue => OnLoss::Continue,
        },
        test: serde_json::to_vec(&assignment).map_err(anyhow::Error::new)?,
        placement: Box::new(children),
        log: Arc::new(TestLog::new(context.log.clone())),
    };
    Ok(Some(Lead::open(&bus, lead_settings, test).map_err(anyhow::Error::new)?))
}

/// An agent of this machine, which logs as this process does.
fn agent(bus: &str, name: &str) -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(anyhow::Error::new)?;
    let mut command = Command::new(program);
    command.args(["agent", "--bus", bus, "--name", name]);
    if let Ok(Cli { global, .. }) = Cli::try_parse_from(std::env::args_os()) {
        command.args(global.verbose.then_some("--verbose"));
        command.args(global.no_color.then_some("--no-color"));
        for (flag, value) in [("--log-format", global.log_format), ("--log-output", global.log_output)] {
            if let Some(value) = value {
                command.args([flag, &value]);
            }
        }
    }
    Ok(command)
}

/// What only the parties of this run know.
fn secret() -> Result<String, Failure> {
    let mut bytes = [0; 32];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map_err(|_| anyhow::anyhow!("the system gives no random numbers"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
