//! Script arguments set what a script sees of its environment.

use clap::Args;

/// What a script sees of its environment.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Script")]
pub struct ScriptArgs {
    /// A variable for the script's __ENV; without =VALUE, it is taken from the environment; repeatable
    #[arg(short, long, value_name = "KEY=VALUE")]
    pub env: Vec<String>,
    /// Pass the environment's variables to the script [default: true for run, false for inspect]
    #[arg(long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub include_system_env_vars: Option<String>,
    /// Where k6/secrets finds secrets, as in file=secrets.txt, mock=token=abc or url=urlTemplate=https://host/{key}; repeatable
    #[arg(long, value_name = "SOURCE")]
    pub secret_source: Vec<String>,
}
