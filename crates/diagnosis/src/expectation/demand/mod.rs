//! Demand: what customers want, how much of it they get, and what that takes of the tables' capacity.

pub(super) mod capacity;
mod customers;
pub(super) mod hot_key;
mod missed;

pub use capacity::Utilization;
pub(super) use customers::{failures, iterations, text, throttles};
