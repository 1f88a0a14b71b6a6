//! `locust` runs a Locust file, with Locust's own command line.

use clap::CommandFactory as _;

use super::Cli;
pub use crate::args::LocustArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::locust::{execute, has_python};
use crate::screen::Stream;

/// Runs the file. Without Python there are no options of the file, and its help is what is known here.
pub fn run(context: &Context, args: &LocustArgs) -> Result<(), Failure> {
    let asks_help = args.args.iter().any(|arg| arg == "-h" || arg == "--help");
    if asks_help && !has_python(&args.args) {
        let mut cli = Cli::command();
        cli.build();
        let help = cli.find_subcommand_mut("locust").map(|command| command.render_long_help().to_string());
        context.console.write(Stream::Out, &help.unwrap_or_default());
        return Ok(());
    }
    execute(context, &args.args)
}
