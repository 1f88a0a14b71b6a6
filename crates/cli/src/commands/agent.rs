//! `agent` makes a part of the load of a run.

use clap::Args;

use crate::args::BusArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::run::run_agent;

const EXAMPLES: &str = "\
Examples:
  flashcrowd agent --bus nats://nats:4222                           on each of four machines
  flashcrowd run script.js --agents 4 --bus nats://nats:4222        on a fifth: leads the run
  flashcrowd run script.js --agents 4                               starts four agents on this machine by itself

An agent waits for a part of a run, gets the test from whoever leads it, and ends with the run.

Exit codes: 0 its part was run, whatever came of it; 104 invalid options; 105 a signal ended it; 255 the bus or the lead
was lost.";

/// `agent`
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct AgentArgs {
    /// Where the run is led: nats://HOST:PORT or tls://HOST:PORT
    #[arg(long, value_name = "URL", env = "FLASHCROWD_BUS", hide_env_values = true)]
    pub bus: String,
    /// How it is reached.
    #[command(flatten)]
    pub on_bus: BusArgs,
    /// Its name in messages, unique in the run [default: the host's name and the process's number]
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
}

/// Runs a part of a run.
pub fn run(context: &Context, args: &AgentArgs) -> Result<(), Failure> {
    let host = || std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let own = || format!("{}-{}", host().trim(), std::process::id());
    run_agent(context, (&args.on_bus, &args.bus), &args.name.clone().unwrap_or_else(own))
}
