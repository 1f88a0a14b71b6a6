//! Control is what makes, shows, changes and removes the shop's tables.

mod ask;
mod create;
mod describe;
mod error;
mod form;
mod own;
mod owner;
mod read;
mod scan;
mod seed;
mod state;
mod switch;
mod teardown;
mod transactions;
mod wait;

#[cfg(test)]
mod tests;

pub use flashcrowd_dynamodb_capacity::{IndexState, Mode, TableState};

pub use create::{SetupDone, setup};
pub use describe::describe;
pub use error::ControlError;
pub(crate) use form::forms;
pub use own::{CheckLine, Checked, check_layout};
pub use read::read_catalogue;
pub use state::{Progress, Step};
pub use switch::{foreign, switch};
pub use teardown::teardown;
pub use transactions::knows_transactions;
