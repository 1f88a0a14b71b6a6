//! An iteration that is due has a time and a number before it has a virtual user.

use std::time::Duration;

/// An iteration's numbers, counted from zero over its scenario.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number {
    pub(super) in_instance: u64,
    pub(super) in_test: u64,
}

/// An iteration that is due.
#[derive(Clone, Copy, Debug)]
pub(super) struct Due {
    /// When, counted from the scenario's start.
    pub(super) at: Duration,
    pub(super) number: Number,
}
