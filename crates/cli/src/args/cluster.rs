//! Cluster arguments say which processes make the load of one run.

use std::path::PathBuf;

use clap::Args;

/// Which processes make the load of one run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Several processes")]
pub struct ClusterArgs {
    /// Keep what this process measures in a file, for report to merge with the parts of others
    #[arg(long, value_name = "FILE")]
    pub part_out: Option<PathBuf>,
}
