//! Cluster arguments say which processes make the load of one run.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};

/// Which processes make the load of one run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Several processes")]
pub struct ClusterArgs {
    /// Make the load with that many agents, each of which runs its part
    #[arg(long, value_name = "N")]
    pub agents: Option<NonZeroUsize>,
    /// Where the agents are, that were started with the same: nats://HOST:PORT or tls://HOST:PORT [default: they are
    /// started on this machine]
    #[arg(long, value_name = "URL", requires = "agents")]
    pub bus: Option<String>,
    /// How it is reached.
    #[command(flatten)]
    pub on_bus: BusArgs,
    /// When an agent is lost: end the run, or continue with the others. The run is not measurable either way
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, requires = "agents")]
    pub on_loss: OnLossArg,
    /// Keep what this process measures in a file, for report to merge with the parts of others
    #[arg(long, value_name = "FILE")]
    pub part_out: Option<PathBuf>,
}

/// How a bus is reached.
#[derive(Clone, Debug, Default, Args)]
pub struct BusArgs {
    /// The name of the run on the bus: letters, digits, - and _ [default: default]
    #[arg(long, value_name = "NAME", env = "FLASHCROWD_RUN_NAME")]
    pub run_name: Option<String>,
    /// A file with credentials for the bus: a JWT and the seed of an nkey, or a seed alone
    #[arg(long, value_name = "FILE", env = "FLASHCROWD_BUS_CREDS")]
    pub bus_creds: Option<PathBuf>,
    /// A file with the certificates (PEM) that the bus's certificate is signed with; then it has to be reached over TLS
    #[arg(long, value_name = "FILE", env = "FLASHCROWD_BUS_CA")]
    pub bus_ca: Option<PathBuf>,
    /// How long to wait for the bus, and the lead for its agents, such as 10m [default: not for the bus, 60s for agents]
    #[arg(long, value_name = "TIME", value_parser = flashcrowd_engine::duration::parse)]
    pub bus_wait: Option<Duration>,
}

/// What happens when an agent is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OnLossArg {
    /// End the run.
    #[default]
    Abort,
    /// Go on with the other agents.
    Continue,
}
