//! The wall clock, read here only.

use std::time::SystemTime;

/// The wall clock, which signatures carry and credentials expire by.
#[expect(
    clippy::disallowed_methods,
    reason = "signatures carry the wall clock's time; nothing is timed by it"
)]
pub fn wall_now() -> SystemTime {
    SystemTime::now()
}
