//! What a shop keeps in memory: its products and accounts, its queues, its simulated database, faults and metrics.

mod shop_state;

pub(crate) mod account;
mod app_threads;
pub(crate) mod database;
pub(crate) mod faults;
mod guard;
pub(crate) mod metrics;
pub(crate) mod queue;
pub(crate) mod servers;
pub(crate) mod store;
pub(crate) mod token;
pub(crate) mod work;

pub(crate) use shop_state::State;
