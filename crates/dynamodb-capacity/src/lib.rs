//! What DynamoDB's tables can serve, what a run consumed of it, and what would have served the run.

mod description;
mod hot_keys;
mod measured;
mod prices;
mod state;
mod usage;

pub use description::Description;
pub use hot_keys::hot_keys;
pub use measured::measured;
pub use prices::{Prices, PricesError};
pub use state::{IndexState, Mode, TableState};
