//! The wall clock, read where scripts and cookies speak of dates.

use std::time::SystemTime;

/// Now.
#[expect(
    clippy::disallowed_methods,
    reason = "dates in scripts and cookies are the wall clock's; nothing is timed by it"
)]
pub fn now() -> SystemTime {
    SystemTime::now()
}
