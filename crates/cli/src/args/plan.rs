//! Plan arguments say what a YAML plan leaves open.

use std::path::PathBuf;

use clap::Args;

/// What a YAML plan leaves open.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Plan")]
pub struct PlanArgs {
    /// Where the plan's requests go, such as http://localhost:8080; over what the plan says
    #[arg(long, value_name = "URL")]
    pub host: Option<String>,
    /// A plan with requests, for plans that have none of their own
    #[arg(long, value_name = "PLAN")]
    pub base: Option<PathBuf>,
}
