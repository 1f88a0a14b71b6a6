//! Checks are what several executors ask of their settings.

use std::time::Duration;

use crate::duration;
use crate::problem::Problems;

/// How long iterations of a fixed number may start, unless the scenario says otherwise.
pub(super) const MAX_DURATION: Duration = Duration::from_secs(600);

/// The shortest time a scenario may last.
const SHORTEST: Duration = Duration::from_secs(1);

/// There must be a virtual user.
pub(super) fn check_vus(vus: u64, problems: &mut Problems) {
    problems.check(vus > 0, "vus", "must be more than 0");
}

/// A scenario must last a second.
pub(super) fn check_second(field: &str, length: Duration, problems: &mut Problems) {
    let message = format!("{} is shorter than the least, 1s", duration::format(length));
    problems.check(length >= SHORTEST, field, message);
}
