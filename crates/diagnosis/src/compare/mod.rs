//! Two records side by side: what was judged of both, how far their figures differ, and what that means.

mod comparison;
mod outcomes;

mod answer;
mod estimate;
mod figure;
mod frame;
mod histogram;
mod side;

mod capacity;
mod metrics;
mod requests;
mod target;

#[cfg(test)]
mod steady;
#[cfg(test)]
mod tests;

pub use answer::{Answer, Interval, Scale};
pub use comparison::{About, Change, Comparison, Conclusion, ENOUGH_RUNS, StepChange, compare, compare_runs};
pub use outcomes::{OutcomeChange, State, Subject};
