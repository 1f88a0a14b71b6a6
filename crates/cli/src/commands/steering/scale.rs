//! `scale` sets how many virtual users loop in a scenario with the executor externally-controlled.

use clap::Args;
use serde_json::json;

use super::ask::{RunAddress, change};
use crate::context::Context;
use crate::exit::Failure;

/// `scale`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd scale --vus 50                   50 VUs from now on
  flashcrowd scale --vus 200 --max 200        more than there were to be at most")]
pub struct ScaleArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
    /// How many virtual users loop
    #[arg(short = 'u', long, value_name = "N", required_unless_present = "max")]
    pub vus: Option<u64>,
    /// How many there may be
    #[arg(short, long, value_name = "N")]
    pub max: Option<u64>,
}

/// Scales the run.
pub fn run(context: &Context, args: &ScaleArgs) -> Result<(), Failure> {
    change(context, &args.at, &json!({ "vus": args.vus, "vus-max": args.max }))
}
