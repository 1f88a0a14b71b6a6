//! `status` prints what a run is doing.

use clap::Args;
use http::Method;

use super::ask::{RunAddress, ask, print_attributes};
use crate::context::Context;
use crate::exit::Failure;

/// `status`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd status                           the run at localhost:6565
  flashcrowd status -a localhost:6566         the run that was started with this --address")]
pub struct StatusArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
}

/// Prints it.
pub fn run(context: &Context, args: &StatusArgs) -> Result<(), Failure> {
    let answer = ask(context, &args.at, (Method::GET, "/v1/status"), None)?;
    print_attributes(context, &answer["data"]["attributes"], "");
    Ok(())
}
