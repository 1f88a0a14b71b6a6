//! Leading a run: agents are started, and get what was typed and the test.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use flashcrowd_cluster::{Bus, Children, Elsewhere, Hub, Lead, LeadSettings, OnLoss, Placement};
use flashcrowd_outputs::Output;
use flashcrowd_record::is_secret_name;
use flashcrowd_session::Settings;
use flashcrowd_test::{Origin, Test};
use ring::rand::{SecureRandom as _, SystemRandom};

use super::assignment::{Assignment, TestFile};
use super::bus::{SECRET, bus};
use super::typed::Typed;
use crate::args::OnLossArg;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::config::Config;

/// How long agents of this machine may take to join.
const JOIN_WITHIN: Duration = Duration::from_secs(30);
/// How long others may take.
const JOIN_BUS_WITHIN: Duration = Duration::from_secs(60);

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
        () if config.traces().is_some() => {
            Some("--traces-output: requests are sent by the agents: leave it out".to_owned())
        }
        () if config.part_out().is_some() => Some("--part-out: agents tell what they measure: leave it out".to_owned()),
        () if test.options().share().fraction() < 1.0 => {
            Some("--execution-segment: agents have a part of the test each: leave it out".to_owned())
        }
        () if !secrets(config).is_empty() => Some(format!(
            "--env {}: a secret would lie on the bus: set the variable for each agent, and leave the value out here",
            secrets(config).join(", ")
        )),
        () => rps.map(|rps| format!("rps: {rps} is less than one request per second for each of {agents} agents")),
    }
}

/// Variables that were given with their values, go over a bus that others may read, and look like secrets.
fn secrets(config: &Config) -> Vec<String> {
    let given = config.given_env().keys().filter(|name| config.bus().is_some() && is_secret_name(name));
    let typed = |name: &&String| {
        let start = format!("{name}=");
        std::env::args()
            .any(|arg| arg.trim_start_matches("--env=").trim_start_matches("-e").starts_with(&start))
    };
    given.filter(typed).cloned().collect()
}

/// How many worker threads all agents of this machine have together: as many as were asked for each, or one a core.
pub fn workers(config: &Config, settings: &Settings) -> Option<NonZeroUsize> {
    let Some(agents) = config.agents().filter(|_| config.bus().is_none()) else { return settings.workers };
    let cores = std::thread::available_parallelism().unwrap_or(agents);
    let each = settings.workers.map_or((cores.get() / agents.get()).max(1), NonZeroUsize::get);
    NonZeroUsize::new(each).map(|each| each.saturating_mul(agents))
}

/// Starts agents, or looks for them on a bus, and leads them.
pub fn lead<'t>(
    context: &Context,
    config: &Config,
    test: &'t dyn Test,
    (workers, seed): (Option<NonZeroUsize>, Option<u64>),
) -> Result<Option<Lead<'t>>, Failure> {
    let Some(agents) = config.agents().map(NonZeroUsize::get) else { return Ok(None) };
    let (bus, placement, join_within): (_, Box<dyn Placement>, _) = match config.bus() {
        None => {
            let (bus, children) = here(agents)?;
            (bus, Box::new(children), JOIN_WITHIN)
        }
        Some((args, address)) => {
            let there = bus(args, address, (&context.environment, &context.interrupt));
            let there = there.map_err(|problem| Failure::Config(vec![problem]))?;
            (there, Box::new(Elsewhere), args.bus_wait.unwrap_or(JOIN_BUS_WITHIN))
        }
    };
    let assignment = Assignment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        args: std::env::args().collect(),
        test: sent(config, test)?,
        workers: config.bus().is_none().then_some(workers).flatten().map(|workers| workers.get() / agents),
        rps: test.options().rps(),
        seed,
    };
    let lead_settings = LeadSettings {
        agents,
        join_within,
        on_loss: match config.on_loss() {
            OnLossArg::Abort => OnLoss::Abort,
            OnLossArg::Continue => OnLoss::Continue,
        },
        test: serde_json::to_vec(&assignment).map_err(anyhow::Error::new)?,
        placement,
        log: Arc::new(TestLog::new(context.log.clone())),
    };
    Ok(Some(Lead::open(&bus, lead_settings, test).map_err(anyhow::Error::new)?))
}

/// Starts agents on this machine, with a bus of their own.
fn here(agents: usize) -> Result<(Arc<dyn Bus>, Children), Failure> {
    let secret = secret()?;
    let hub = Hub::open(([127, 0, 0, 1], 0).into(), &secret).map_err(anyhow::Error::new)?;
    let bus: Arc<dyn Bus> = Arc::new(hub.bus().clone());
    let mut children = Children::default();
    for number in 1..=agents {
        let name = format!("agent-{number}");
        let mut command = agent(&bus.address(), &name)?;
        command.env(SECRET, &secret).stdin(Stdio::null());
        children.start(&name, &mut command).map_err(anyhow::Error::new)?;
    }
    Ok((bus, children))
}

/// The test as a file, for agents that cannot read it from its path.
fn sent(config: &Config, test: &dyn Test) -> Result<Option<TestFile>, Failure> {
    if let Origin::Text { name, text } = config.origin() {
        return Ok(Some(TestFile::new(name, text.as_bytes())));
    }
    if config.bus().is_none() {
        return Ok(None);
    }
    whole(config, test).map(Some)
}

/// The test with all that it reads, in one file.
pub fn whole(config: &Config, test: &dyn Test) -> Result<TestFile, Failure> {
    // Variables that were given go with the command line; what is secret agents have themselves.
    if let Some(archive) = test.archive(&BTreeMap::new()) {
        let archive = archive.map_err(anyhow::Error::msg)?;
        return Ok(TestFile::new("test.tar", &archive));
    }
    let name = config.origin().path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    let own = test.sources().into_iter().next().map(|source| source.text).unwrap_or_default();
    Ok(TestFile::new(&name, own.as_bytes()))
}

/// An agent of this machine, which logs as this process does.
fn agent(bus: &str, name: &str) -> Result<Command, Failure> {
    let program = std::env::current_exe().map_err(anyhow::Error::new)?;
    let mut command = Command::new(program);
    command.args(["agent", "--bus", bus, "--name", name]);
    if let Ok(Typed { global, .. }) = Typed::try_parse_from(std::env::args_os()) {
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
