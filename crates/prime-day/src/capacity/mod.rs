//! The capacity that the workload needs, estimated before a run, and what it costs.

mod estimate;

pub use flashcrowd_dynamodb_capacity::{Prices, PricesError};

pub use estimate::{Estimate, Load, cost, estimate};
