//! Cluster arguments say which processes make the load of one run.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Which processes make the load of one run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Several processes")]
pub struct ClusterArgs {
    /// Make the load with that many agents, each of which runs its part; they are started on this machine
    #[arg(long, value_name = "N")]
    pub agents: Option<NonZeroUsize>,
    /// When an agent is lost: end the run, or continue with the others. The run is not measurable either way
    #[arg(long, value_name = "WHAT", value_enum, default_value_t, requires = "agents")]
    pub on_loss: OnLossArg,
    /// Keep what this process measures in a file, for report to merge with the parts of others
    #[arg(long, value_name = "FILE")]
    pub part_out: Option<PathBuf>,
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
