//! What this process uses of the machine, and may use.

use std::time::Duration;

/// Processor time and memory of this process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time so far, of all threads, in user and system mode.
    pub cpu: Duration,
    /// Resident memory.
    pub resident_bytes: u64,
}

/// What this process has used; none where the system does not tell.
#[cfg(target_os = "linux")]
pub fn usage() -> Option<Usage> {
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let resident = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = resident.split_whitespace().nth(1)?.parse().ok()?;
    let cpu = Duration::try_from(cpu).ok()?;
    Some(Usage { cpu, resident_bytes: pages * rustix::param::page_size() as u64 })
}

/// What this process has used; none where the system does not tell.
#[cfg(not(target_os = "linux"))]
pub fn usage() -> Option<Usage> {
    None
}

/// Lets this process open as many sockets as it may, a virtual user needs at least one: how many files can be open
/// now, none where there is no limit.
#[cfg(unix)]
pub fn raise_file_limit() -> Option<u64> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let limit = getrlimit(Resource::Nofile);
    // Where it cannot be raised, connections beyond it fail with an error of their own.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    getrlimit(Resource::Nofile).current
}

/// Lets this process open as many sockets as it may: how many files can be open now, none where there is no limit.
#[cfg(not(unix))]
pub fn raise_file_limit() -> Option<u64> {
    None
}
