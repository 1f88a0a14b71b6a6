//! Inspect arguments name a test, and what completes or overrides it.

use std::path::PathBuf;

use clap::Args;

use super::{ModuleArgs, PlanArgs, ScriptArgs};

/// `inspect`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd inspect script.js
  flashcrowd inspect --execution-requirements -e STAGE=peak script.js
  flashcrowd inspect --base baseline.yaml --host http://localhost:8080 soak.yaml")]
pub struct InspectArgs {
    /// The script (.js) or plan (.yaml), or - for a script on standard input
    #[arg(value_name = "TEST")]
    pub script: PathBuf,
    /// A JSON file with options, as in a script; the script's own options take precedence
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Also show the scenarios, with the maximum number of virtual users and the maximum duration
    #[arg(long)]
    pub execution_requirements: bool,
    /// What completes or overrides the plan.
    #[command(flatten)]
    pub plan: PlanArgs,
    /// What the script sees of its environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
    /// Where the script's modules come from.
    #[command(flatten)]
    pub modules: ModuleArgs,
}
