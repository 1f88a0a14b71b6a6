//! Live arguments say where a run can be watched while it lasts.

use std::path::PathBuf;

use clap::Args;

/// Where a run can be watched while it lasts.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Live")]
pub struct LiveArgs {
    /// Show the run on a page while it lasts, which becomes its report [default: 127.0.0.1:5665]
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub web: Option<String>,
    /// Show the run on the whole terminal while it lasts, with keys to pause, scale and end it
    #[arg(long)]
    pub tui: bool,
    /// Serve k6's REST API at this address while the run lasts, such as localhost:6565
    #[arg(short, long, value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The token that opens the page and the REST API [default: made up beyond the loopback, none on it]; 'none' lets everybody in
    #[arg(long, value_name = "TOKEN")]
    pub web_token: Option<String>,
    /// Go on serving the page and the REST API when the run is over, until Ctrl-C
    #[arg(short, long, value_name = "BOOL", num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    pub linger: Option<String>,
    /// Write the report to this file when the run is over
    #[arg(long, value_name = "FILE")]
    pub web_export: Option<PathBuf>,
}
