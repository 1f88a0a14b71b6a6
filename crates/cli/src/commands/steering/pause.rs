//! `pause` lets a run stand still: no iteration starts until it is resumed.

use clap::Args;
use serde_json::json;

use super::ask::{RunAddress, change};
use crate::context::Context;
use crate::exit::Failure;

/// `pause`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd pause                            the run at localhost:6565
  flashcrowd pause -a localhost:6566          the run that was started with this --address")]
pub struct PauseArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
}

/// Pauses it.
pub fn run(context: &Context, args: &PauseArgs) -> Result<(), Failure> {
    change(context, &args.at, &json!({ "paused": true }))
}
