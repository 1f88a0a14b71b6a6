//! Two records side by side: which numbers there are, how seconds are compared, what is more than noise.

mod comparison;

mod capacity;
mod chance;
mod number;
mod side;

pub use comparison::{Change, Comparison, StepChange, compare};
