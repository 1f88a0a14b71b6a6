//! A bus joins the processes of a run: messages to all who listen, and objects that all can get.

mod access;
mod chunks;
mod error;
mod frame;
mod hub;
mod nats;
mod tcp;
mod wire;

pub use access::NatsAccess;
pub use error::BusError;
pub use hub::Hub;
pub use nats::NatsBus;
pub use tcp::TcpBus;
pub use wire::{Bus, Heard, Request, Subject, Wire};
