//! The arithmetic of capacity: what items and operations cost in units, what a table can serve, and what that costs.

mod estimate;
mod measured;
mod prices;
mod size;
mod tally;
mod units;

pub use estimate::{Estimate, Load, estimate};
pub use measured::measured;
pub use prices::{Prices, PricesError, cost};
pub use size::item_size;
pub use units::{BURST_SECONDS, Ceiling, HEADROOM, ceiling, read_units, write_units};
