//! A run is one execution of a script, from its arguments to its exit code.

mod bottleneck;
mod config;
mod facts;
mod loaded;
mod script_env;
mod session;
mod watcher;

pub use self::config::{Config, Script};
pub use self::loaded::Loaded;
pub use self::session::{execute, measure, prepare};
pub use self::watcher::Drawing;
