//! The capacity of a run against DynamoDB: of what places, how much was used, and what would have served it.

mod lines;
mod place;

pub use lines::{Capacity, CapacityCosts, CapacityKind, CapacityLine, HotKey};
pub use place::CapacityPlace;
