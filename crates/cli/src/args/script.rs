//! Script arguments say what a script sees of its surroundings.

use clap::Args;

/// What a script sees of the environment.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Script")]
pub struct ScriptArgs {
    /// A variable for the script's __ENV; without a value, that of the environment. Repeatable
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// Whether the script sees the variables of the environment (true for run, false for inspect)
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub include_system_env_vars: Option<String>,
}
