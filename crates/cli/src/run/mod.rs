//! A run is one execution of a test, from its arguments to its exit code.

mod cluster;
mod conclude;
mod config;
pub mod duet;
mod execute;
mod merged;
mod progress;
mod remote;
mod script_env;
mod steps;

pub use self::cluster::{Only, Typed, refused, run_agent, whole};
pub use self::conclude::SEAL_DIGITS;
pub use self::config::Config;
pub use self::execute::{execute, load, run};
pub use self::merged::merge;
pub use self::progress::Drawing;
