//! The search for the largest load at which promises hold: one run whose load is steered from trial to trial.

mod aim;
mod load_search;
mod meter;
mod outcome;
mod promise;
mod searched_test;
mod steering;

pub use aim::Aim;
pub use load_search::{LoadSearch, TrialView};
pub(crate) use outcome::failure;
pub use searched_test::SearchedTest;
pub(crate) use steering::Steering;
