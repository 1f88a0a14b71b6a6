//! Plan arguments complete or override a YAML plan.

use std::path::PathBuf;

use clap::Args;

/// What completes or overrides a YAML plan.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Plan")]
pub struct PlanArgs {
    /// The host to send the plan's requests to, such as http://localhost:8080; overrides the plan's own
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,
    /// A plan to take requests from, for plans that have none of their own
    #[arg(long, value_name = "PLAN")]
    pub base: Option<PathBuf>,
}
