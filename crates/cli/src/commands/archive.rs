//! `archive` puts a script, its imports, files, options and variables into one file, as k6 does.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;

pub use crate::args::ArchiveArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::log::TestLog;
use crate::run::{Config, load};
use crate::screen::Stream;

/// Loads the script, and writes the archive.
pub fn run(context: &Context, args: &ArchiveArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::resolve(&args.run, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    let log = Arc::new(TestLog::new(context.log.clone()));
    let tests = load(context, &config, &log)?;
    let env = if args.exclude_env_vars { BTreeMap::new() } else { config.given_env().clone() };
    let Some(archive) = tests.first().and_then(|test| test.archive(&env)) else {
        let text = format!("'{}' is one file already: archives are of scripts", args.run.script.display());
        return Err(Failure::Other(anyhow::Error::msg(text)));
    };
    let shown = args.archive_out.display();
    let written =
        archive.map_err(anyhow::Error::msg).and_then(|bytes| Ok(std::fs::write(&args.archive_out, bytes)?));
    written.with_context(|| format!("cannot write '{shown}'")).map_err(Failure::Other)?;
    context.console.write(Stream::Out, &format!("{shown} is written: run it with flashcrowd run {shown}\n"));
    Ok(())
}
