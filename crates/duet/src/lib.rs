//! A duet runs a test against two variants of a target at once, and compares them in pairs.
//!
//! Each iteration runs at both variants, in random order and close together, so that whatever disturbs the machine or
//! the network disturbs both. `statistics` is the arithmetic, which knows no clock; `docs/duet.md` defines it.

pub mod statistics;

mod chance;
mod controller;
mod duet;
mod pair;
mod pair_behaviour;
mod pair_vu;
mod recording;
mod shared_trial;
mod trial;

pub use controller::DuetController;
pub use duet::{Duet, DuetError};
pub use pair::Variant;
pub use shared_trial::SharedTrial;
pub use trial::{Settings, View};
