//! A run is one execution of a test, from its arguments to its exit code.

mod beside;
mod bottleneck;
mod brink;
mod conclude;
mod config;
mod engine_test;
mod facts;
mod front_end;
mod keep;
mod loaded;
mod measure;
mod planned;
mod play;
mod script_env;
mod session;
mod steps;
mod verdict;
mod watcher;

pub use self::config::{Config, Script};
pub use self::front_end::FrontEnd;
pub use self::loaded::{Loaded, http};
pub use self::measure::measure;
pub use self::planned::Planned;
pub use self::session::{execute, open, prepare};
pub use self::watcher::Drawing;
