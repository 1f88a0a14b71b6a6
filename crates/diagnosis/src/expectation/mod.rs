//! What may be expected of a run, in one table, and how each expectation is judged.

mod kind;
mod promise;
mod table;
mod target;

mod case;
mod observation;
mod text;
mod verdict;

mod breaking;
mod crash;
mod demand;
mod error_stability;
mod lock;
mod memory;
mod pace;
mod recovery;
mod response_time;
mod slowdown;
mod soak;
mod stock;
mod totals;

pub use kind::{Expectation, ExpectationError, ExpectationKind};
pub use table::expectation_text;
pub(crate) use verdict::judged;
