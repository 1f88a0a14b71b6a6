//! `new` writes a script to begin with: a test that runs as it is, against the practice shop or any server.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use crate::context::Context;
use crate::exit::Failure;
use crate::screen::Stream;

const MINIMAL: &str = include_str!("templates/minimal.js");
const PROTOCOL: &str = include_str!("templates/protocol.js");

/// `new`
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  flashcrowd new                               write script.js
  flashcrowd new --template protocol sale.js   a rate of customers, groups, setup and thresholds

Both scripts run against the practice shop (flashcrowd shop), and with -e BASE_URL=URL against another server.

Exit codes: 0 the script was written, 255 it was not, for example because there is such a file.")]
pub struct NewArgs {
    /// The script to write
    #[arg(value_name = "FILE", default_value = "script.js")]
    pub file: PathBuf,
    /// What it begins with
    #[arg(long, value_name = "TEMPLATE", default_value = "minimal")]
    pub template: Template,
    /// Replace the file if it exists
    #[arg(short, long)]
    pub force: bool,
}

/// A script to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Template {
    /// Virtual users that ask for one page
    Minimal,
    /// A rate of customers who browse and order, with groups, setup and thresholds
    Protocol,
}

/// Writes the script.
pub fn run(context: &Context, args: &NewArgs) -> Result<(), Failure> {
    let text = match args.template {
        Template::Minimal => MINIMAL,
        Template::Protocol => PROTOCOL,
    };
    let shown = args.file.display();
    let file = if args.force { File::create(&args.file) } else { File::create_new(&args.file) };
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    if let Err(error) = &written
        && error.kind() == std::io::ErrorKind::AlreadyExists
    {
        let text = format!("'{shown}' exists already: give another name, or --force to replace it");
        return Err(Failure::Other(anyhow::Error::msg(text)));
    }
    written.with_context(|| format!("cannot write '{shown}'")).map_err(Failure::Other)?;
    context.console.write(Stream::Out, &format!("{shown} is written: run it with flashcrowd run {shown}\n"));
    Ok(())
}
