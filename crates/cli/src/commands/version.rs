//! `version` prints the version and the platform, on one line.

use clap::Args;

use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

/// `version`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd version
  flashcrowd --version                        the same without the platform")]
pub struct VersionArgs {}

/// Prints the line.
#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub fn run(context: &Context, _args: &VersionArgs) -> Result<(), Failure> {
    let (version, system, machine) =
        (env!("CARGO_PKG_VERSION"), std::env::consts::OS, std::env::consts::ARCH);
    context.console.write(Stream::Out, &format!("flashcrowd {version} ({system}/{machine})\n"));
    Ok(())
}
