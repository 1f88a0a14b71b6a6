//! The wall clock, which only the binary reads.

use std::time::SystemTime;

/// The time of day.
#[expect(
    clippy::disallowed_methods,
    reason = "log lines and records carry the time of day, and the binary reads it"
)]
pub fn now() -> SystemTime {
    SystemTime::now()
}
