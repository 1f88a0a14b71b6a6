//! `duet` runs a test against two variants at once, and compares them in pairs.

pub use crate::args::DuetArgs;
use crate::context::Context;
use crate::exit::Failure;
use crate::run::duet;

/// Runs the test at both variants. The answer decides the exit code.
pub fn run(context: &Context, args: &DuetArgs) -> Result<(), Failure> {
    duet::execute(context, &duet::Asked::resolve(args, &context.environment).map_err(Failure::Config)?)
}
