//! The capacity that the workload needs: estimated before a run, measured after it, and what it costs.

mod estimate;
mod measured;
mod prices;
mod usage;

pub use estimate::{Estimate, Load, estimate};
pub use measured::measured;
pub use prices::{Prices, PricesError, cost};
