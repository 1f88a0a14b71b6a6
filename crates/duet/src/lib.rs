//! A duet runs a test against two variants of a target at once, and compares them in pairs.
//!
//! Each iteration runs at both variants, in random order and close together, so that whatever disturbs the machine or
//! the network disturbs both. `statistics` is the arithmetic, which knows no clock; `docs/duet.md` defines it.

pub mod statistics;
