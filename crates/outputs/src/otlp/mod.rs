//! OTLP, the protocol of OpenTelemetry: where a receiver is, how bodies get there, and what they say.

mod courier;
mod metrics;
mod receiver;
mod settings;
mod spans;

pub(crate) use courier::courier;
pub(crate) use metrics::{Histogram, request};
pub(crate) use receiver::{Receiver, Signal, header, is_grpc, url};
pub(crate) use settings::{Settings, resource, settings};
pub(crate) use spans::spans_request;
