//! The machine that a session runs on: its clock, its signals, and what it leaves for the load.

pub(crate) mod clock;
pub(crate) mod generator;
pub(crate) mod process;
pub(crate) mod signals;
