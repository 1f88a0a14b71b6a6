//! OTLP, the protocol of OpenTelemetry: where a receiver is, how bodies get there, and what they say.

mod courier;
mod metrics;
mod receiver;
mod settings;

pub(crate) use courier::courier;
pub(crate) use metrics::{Histogram, request};
pub(crate) use settings::{Settings, settings};
