//! Arguments are the command line as typed; nothing here is checked beyond what clap checks.
//!
//! Here are those that several commands share or that another folder resolves. The others are in the file of their
//! command.

mod archive;
mod check;
mod duet;
mod dynamodb;
mod format;
mod global;
mod inspect;
mod locust;
mod modules;
mod network;
mod render;
mod run;
mod script;
pub mod verdicts;

pub use self::archive::ArchiveArgs;
pub use self::check::CheckArgs;
pub use self::duet::DuetArgs;
pub use self::dynamodb::{
    CapacityArgs, ClientArgs, CustomerArgs, DynamodbArgs, DynamodbCommand, LocalArgs, ModeArgs, OrdersArg,
    PlaceArgs, RetriesArg, SetupArgs, SizeArgs, TeardownArgs,
};
pub use self::format::format;
pub use self::global::GlobalArgs;
pub use self::inspect::InspectArgs;
pub use self::locust::LocustArgs;
pub use self::modules::ModuleArgs;
pub use self::network::NetworkArgs;
pub use self::render::{K8sArgs, Platform, RenderArgs};
pub use self::run::{BusArgs, ClusterArgs, LiveArgs, OnLossArg, PlanArgs, ResultArgs, RunArgs};
pub use self::script::ScriptArgs;
pub use self::verdicts::verdict_word;
