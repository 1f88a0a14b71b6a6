//! Front end of Prime Day: the load that a shop's customers put on DynamoDB during a sale.
//!
//! A [`Workload`] is what customers do, on the [`Tables`] of the shop; [`ShopBehaviour`] runs it on the engine. [`control`]
//! creates and changes the tables, [`capacity`] estimates and measures the capacity units that the workload needs.
//! [`PrimeDay`] is the test that all of this makes.

pub mod capacity;
pub mod control;

mod behaviour;
mod run;
mod shop;

pub use behaviour::{ShopBehaviour, ShopSettings};
pub use run::*;
pub use shop::*;
