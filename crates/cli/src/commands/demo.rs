//! `demo` runs a flash sale against the practice shop.

use super::Context;
use crate::args::DemoArgs;
use crate::exit::Failure;

/// Says that there is no demo yet.
pub fn run(_context: &Context, args: &DemoArgs) -> Result<(), Failure> {
    let record = args.record.as_ref().map_or(String::new(), |record| format!(" into {}", record.display()));
    Err(anyhow::anyhow!("cannot run the demo{record}: this build has no engine behind `demo` yet").into())
}
