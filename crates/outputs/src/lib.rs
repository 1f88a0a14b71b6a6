//! Outputs stream what a run measures to other programs while it lasts.
//!
//! An [`Output`] is an observer that is opened before the run and finished after it. [`OUTPUTS`] is the table of all
//! kinds: a new one is a file and a line there.

mod csv;
mod influxdb;
mod json;
mod native;
mod opentelemetry;
mod otlp;
mod output;
mod post;
mod prometheus;
mod remote_write;
mod scrape;
mod series;
mod stream;
mod table;
mod traces;
mod variables;

pub use output::{Hide, Output, OutputContext, OutputError, OutputKind};
pub use table::{OUTPUTS, check, find, open};
pub use traces::{Tracing, check_traces, open_traces, trace_secrets};
