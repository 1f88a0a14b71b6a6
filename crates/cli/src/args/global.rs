//! Global arguments belong to every command: language, colours, log, and how much is printed.

use clap::Args;

/// Options of every command.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub struct GlobalArgs {
    /// Hide the header and progress; results and errors are still printed
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Also log debug messages
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Print without colors; the default if NO_COLOR is set or the output is not a terminal
    #[arg(long, global = true)]
    pub no_color: bool,
    /// Language of the output: en or ko [default: from the locale]
    #[arg(long, value_name = "LANG", global = true)]
    pub lang: Option<String>,
    /// Format of log lines: text, json or raw (the message alone)
    #[arg(long, value_name = "FORMAT", global = true)]
    pub log_format: Option<String>,
    /// Destination of log lines: stderr, stdout, none or file=PATH
    #[arg(long, value_name = "OUTPUT", global = true)]
    pub log_output: Option<String>,
}
