//! `scale` sets how many virtual users loop, or at which rate iterations start, in a scenario that is set from outside.

use clap::Args;
use flashcrowd_engine::rate;
use serde_json::json;

use super::ask::{RunAddress, change};
use crate::context::Context;
use crate::exit::Failure;

/// `scale`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd scale --vus 50                   50 VUs from now on
  flashcrowd scale --vus 200 --max 200        more than there were to be at most
  flashcrowd scale --rate 150/s               150 iterations a second (externally-controlled-arrival-rate)")]
pub struct ScaleArgs {
    /// The run.
    #[command(flatten)]
    pub at: RunAddress,
    /// How many virtual users loop
    #[arg(short = 'u', long, value_name = "N", required_unless_present_any = ["max", "rate"])]
    pub vus: Option<u64>,
    /// How many there may be
    #[arg(short, long, value_name = "N")]
    pub max: Option<u64>,
    /// At which rate iterations start: 150/s, 30/m or 1000/h
    #[arg(short, long, value_name = "RATE", value_parser = a_second)]
    pub rate: Option<f64>,
}

/// Reads a rate, as iterations a second.
fn a_second(text: &str) -> Result<f64, String> {
    let (count, unit) = rate::parse(text).ok_or("use a rate such as 150/s, 30/m or 1000/h")?;
    Ok(count / unit.as_secs_f64())
}

/// Scales the run.
pub fn run(context: &Context, args: &ScaleArgs) -> Result<(), Failure> {
    change(context, &args.at, &json!({ "vus": args.vus, "vus-max": args.max, "rate": args.rate }))
}
