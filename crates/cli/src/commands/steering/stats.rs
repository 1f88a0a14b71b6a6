//! `stats` prints the metrics of a run as they stand.

use clap::Args;
use http::Method;

use super::ask::{RunAddress, ask, print_attributes};
use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// `stats`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd stats                            all metrics of the run at localhost:6565
  flashcrowd stats -a localhost:6566          the run that was started with this --address")]
pub struct StatsArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
}

/// Prints them.
pub fn run(context: &Context, args: &StatsArgs) -> Result<(), Failure> {
    let answer = ask(context, &args.at, (Method::GET, "/v1/metrics"), None)?;
    for metric in answer["data"].as_array().into_iter().flatten() {
        context
            .console
            .write(Stream::Out, &format!("- name: {}\n", metric["id"].as_str().unwrap_or_default()));
        print_attributes(context, &metric["attributes"], "  ");
    }
    Ok(())
}
