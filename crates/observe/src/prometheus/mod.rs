//! Prometheus endpoints answer with an exposition, and series are the values that are kept of it.

mod endpoint;
mod exposition;
mod series;

pub(crate) use endpoint::PROMETHEUS;
