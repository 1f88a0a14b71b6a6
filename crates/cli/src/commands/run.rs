//! `run` runs a script or a plan.

pub use crate::args::RunArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::run::{Config, execute};

/// Resolves the configuration, and runs the test.
pub fn run(context: &Context, args: &RunArgs) -> Result<(), Failure> {
    let (config, warnings) = Config::resolve(args, &context.environment).map_err(Failure::Config)?;
    warnings.iter().for_each(|warning| context.log.warn(warning));
    execute(context, &config)
}
