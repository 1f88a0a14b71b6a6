//! `run` runs a script.

pub use crate::args::RunArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::run::{Config, execute};

/// Resolves what is to be run, and runs it.
pub fn run(context: &Context, args: &RunArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::resolve(args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    execute(context, &config)
}
