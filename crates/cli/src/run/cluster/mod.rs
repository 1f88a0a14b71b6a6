//! One run on several processes: what its lead hands out, and what an agent does with it.

mod agent;
mod assignment;
mod bus;
mod lead;
mod typed;

pub use self::agent::run as run_agent;
pub use self::lead::{lead, refused, whole, workers};
pub use self::typed::{Only, Typed};
