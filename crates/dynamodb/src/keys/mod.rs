//! How fast single keys are used: one key is never served faster than one partition is, whatever its table has.

mod attribute;
mod rates;
mod sketch;
mod touched;
mod watcher;

pub use rates::{HotKey, KeyRates};
pub use watcher::KeyWatch;
