//! What an administrator can see and do in a shop: metrics, statistics, resets and faults.

mod calls;
mod exposition;
mod process;
mod stats;

pub(crate) use calls::answer;
pub use stats::{ShopHandle, Stats};
