//! Check arguments name a script, and what it is run with once.

use std::path::PathBuf;

use clap::Args;

use super::{ModuleArgs, NetworkArgs, ScriptArgs};

/// `check`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd check script.js
  flashcrowd check -e BASE_URL=http://localhost:8080 script.js
  flashcrowd check --insecure-skip-tls-verify archive.tar

Each scenario runs one iteration, with setup() before and teardown() after it; thresholds are not judged.

Exit codes: 0 nothing went wrong, 99 a request, a check or an iteration failed, 107 the script cannot be loaded.")]
pub struct CheckArgs {
    /// The script (.js), or - for a script on standard input
    #[arg(value_name = "SCRIPT")]
    pub script: PathBuf,
    /// A JSON file with options, as in a script; the script's own options take precedence
    #[arg(short, long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// What the script sees of its environment.
    #[command(flatten)]
    pub environment: ScriptArgs,
    /// Where the script's modules come from.
    #[command(flatten)]
    pub modules: ModuleArgs,
    /// How requests are sent.
    #[command(flatten)]
    pub network: NetworkArgs,
}
