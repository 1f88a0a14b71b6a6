//! What the target says of itself while a test runs.
//!
//! A [`Prometheus`] endpoint is read once a second beside the test. The exposition is the text that it answers, and
//! series are what is kept of it.

mod exposition;
mod prometheus;
mod series;

pub use prometheus::{ObserveError, Prometheus};
