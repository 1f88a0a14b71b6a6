//! The store, asked as clients ask it.

mod batches;
mod capacity;
mod kit;
mod local_index;
mod on_demand;
mod partiql;
mod partitions;
mod speed;
mod tables;
mod throttles;
mod transactions;
mod validity;
