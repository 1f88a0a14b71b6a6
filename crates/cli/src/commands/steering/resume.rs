//! `resume` lets a run go on that is paused, or that began paused.

use clap::Args;
use serde_json::json;

use super::ask::{RunAddress, change};
use crate::context::Context;
use crate::exit::Failure;

/// `resume`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd resume                            the run at localhost:6565
  flashcrowd resume -a localhost:6566          the run that was started with this --address")]
pub struct ResumeArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
}

/// Resumes it.
pub fn run(context: &Context, args: &ResumeArgs) -> Result<(), Failure> {
    change(context, &args.at, &json!({ "paused": false }))
}
