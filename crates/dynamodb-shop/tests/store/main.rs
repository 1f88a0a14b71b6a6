//! The store, asked as clients ask it.

mod batches;
mod capacity;
mod kit;
mod partitions;
mod speed;
mod tables;
mod throttles;
mod transactions;
