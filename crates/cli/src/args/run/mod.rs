//! Arguments of `run`, by what they are about.

mod absent;
mod cluster;
mod command;
mod live;
mod load;
mod plan;
mod results;

pub use absent::AbsentArgs;
pub use cluster::{BusArgs, ClusterArgs, OnLossArg};
pub use command::{FlagValues, RunArgs, Values};
pub use live::LiveArgs;
pub use load::LoadArgs;
pub use plan::PlanArgs;
pub use results::ResultArgs;
