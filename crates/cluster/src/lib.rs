//! One test on many machines: every process measures its part, and one record with one verdict comes of all.
//!
//! A part measures a [`Second`] after the other; [`Gathered`] puts those of all parts together, whatever order they come
//! in. [`PartWriter`] keeps the part of a process in a file, and [`Merge`] makes a session of such files.

mod agent;
mod bus;
mod clock;
mod gathered;
mod lead;
mod line;
mod parts;
mod placement;
mod protocol;
mod roster;
mod second;
#[cfg(test)]
mod sim;
mod standing;

pub use agent::{Agent, AgentError, AgentPlayer};
pub use bus::{Bus, BusError, Heard, Hub, NatsAccess, NatsBus, Request, Subject, TcpBus, Wire};
pub use gathered::{Gathered, Taken};
pub use lead::{Lead, LeadSettings, OnLoss};
pub use parts::{Merge, PartError, PartWriter};
pub use placement::{Children, Elsewhere, Placement};
pub use protocol::LEASE;
pub use second::{Measure, Second};
pub use standing::Standing;
