//! What may be expected of a run, in one table, and how each expectation is judged.

mod kind;
mod reading;
mod table;
mod terms;

mod case;
mod text;
mod verdict;

mod breaking;
mod crash;
mod demand;
mod duet;
mod error_stability;
mod lock;
mod memory;
mod recovery;
mod response_time;
mod slowdown;
mod soak;
mod stock;
mod totals;

pub use demand::Utilization;
pub(crate) use duet::NAME as DUET;
pub use kind::{ExpectationKind, Needs};
pub use reading::{Bound, Expectation};
pub(crate) use stock::stock_accuracy;
pub use table::expectation_text;
pub use terms::ExpectationError;
pub(crate) use verdict::judged;
