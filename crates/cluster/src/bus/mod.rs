//! A bus joins the processes of a run: messages to all who listen, and objects that all can get.

mod error;
mod frame;
mod hub;
mod tcp;
mod wire;

pub use error::BusError;
pub use hub::Hub;
pub use tcp::TcpBus;
pub use wire::{Bus, Heard, Request, Subject, Wire};
