//! Running Locust files: their command line, the run, and what is written of it.

mod execute;
mod options;
mod outputs;

pub use execute::{execute, has_python};
