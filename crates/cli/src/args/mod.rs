//! Arguments are the command line as typed; nothing here is checked beyond what clap checks.
//!
//! Here are those that several commands share or that another folder resolves. The others are in the file of their
//! command.

mod absent;
mod archive;
mod check;
mod cluster;
mod duet;
mod dynamodb;
mod format;
mod global;
mod inspect;
mod live;
mod load;
mod locust;
mod modules;
mod network;
mod plan;
mod results;
mod run;
mod script;
pub mod verdicts;

pub use self::absent::AbsentArgs;
pub use self::archive::ArchiveArgs;
pub use self::check::CheckArgs;
pub use self::cluster::{BusArgs, ClusterArgs, OnLossArg};
pub use self::duet::DuetArgs;
pub use self::dynamodb::{
    CapacityArgs, ClientArgs, CustomerArgs, DynamodbArgs, DynamodbCommand, LocalArgs, ModeArgs, OrdersArg,
    PlaceArgs, RetriesArg, SetupArgs, SizeArgs, TeardownArgs,
};
pub use self::format::format;
pub use self::global::GlobalArgs;
pub use self::inspect::InspectArgs;
pub use self::live::LiveArgs;
pub use self::load::LoadArgs;
pub use self::locust::LocustArgs;
pub use self::modules::ModuleArgs;
pub use self::network::NetworkArgs;
pub use self::plan::PlanArgs;
pub use self::results::ResultArgs;
pub use self::run::RunArgs;
pub use self::script::ScriptArgs;
pub use self::verdicts::verdict_word;
