//! The command line of a run, read once more: by who leads it, and by its agents.

use clap::{Parser, Subcommand};

use crate::args::{GlobalArgs, RunArgs};

/// The command line of a run.
#[derive(Debug, Parser)]
#[command(name = "flashcrowd")]
pub struct Typed {
    #[command(subcommand)]
    pub command: Only,
    #[command(flatten)]
    pub global: GlobalArgs,
}

/// The one command that agents run.
#[derive(Debug, Subcommand)]
pub enum Only {
    /// A run.
    Run(Box<RunArgs>),
}
