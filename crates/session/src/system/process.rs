//! What this process uses of the machine, and may use.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::Control;
use flashcrowd_record::{ProcessUse, WorkersUse};

/// Processor time and memory of this process.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time so far, of all threads, in user and system mode.
    pub cpu: Duration,
    /// Resident memory.
    pub resident_bytes: u64,
}

/// Reads by and by what the load costs this process.
#[derive(Debug, Default)]
pub struct Probe {
    times: WorkerTimes,
    /// How long a worker had stood still by the last time.
    stalled: Duration,
}

impl Probe {
    /// What it costs by now, and the worker threads in an interval that long; none where the system does not tell.
    pub fn read(&mut self, control: &Control, interval: Duration) -> Option<ProcessUse> {
        let stalled = control.stalls().total;
        let stood_still = stalled.saturating_sub(std::mem::replace(&mut self.stalled, stalled));
        let workers = self.times.since(interval, stood_still);
        usage().map(|usage| ProcessUse {
            cpu_seconds: usage.cpu.as_secs_f64(),
            rss_bytes: usage.resident_bytes,
            workers,
        })
    }
}

/// What the worker threads have had of the processors, as the system tells it by and by.
#[derive(Debug, Default)]
struct WorkerTimes {
    /// Of each thread, how long it ran and how long it waited for a processor, in nanoseconds.
    threads: BTreeMap<String, [u64; 2]>,
    /// How long a control group's quota held the process up, in microseconds.
    throttled: Option<u64>,
}

/// How the threads are called that carry virtual users.
const WORKER: &str = "worker-";

impl WorkerTimes {
    /// What they have had since the last time, over that time; none where the system does not tell.
    fn since(&mut self, time: Duration, stalled: Duration) -> Option<WorkersUse> {
        let nanos = time.as_nanos() as f64;
        let (threads, throttled) = (threads()?, throttled_micros());
        let most = |at: usize| {
            let used = threads.iter().filter_map(|(id, now)| {
                let before = self.threads.get(id)?;
                Some(now[at].saturating_sub(before[at]) as f64 / nanos)
            });
            used.fold(0.0, f64::max)
        };
        let held_up = throttled.zip(self.throttled).map_or(0, |(now, before)| now.saturating_sub(before));
        let used = (nanos > 0.0).then(|| WorkersUse {
            busiest: most(0),
            waited: most(1),
            throttled: held_up as f64 * 1e3 / nanos,
            stalled: stalled.as_secs_f64(),
        });
        (self.threads, self.throttled) = (threads, throttled);
        used
    }
}

/// The times of each worker thread.
fn threads() -> Option<BTreeMap<String, [u64; 2]>> {
    let tasks = std::fs::read_dir("/proc/self/task").ok()?;
    let times = tasks.flatten().filter_map(|task| {
        let path = task.path();
        let is_worker = std::fs::read_to_string(path.join("comm")).ok()?.starts_with(WORKER);
        let text = std::fs::read_to_string(path.join("schedstat")).ok().filter(|_| is_worker)?;
        let mut numbers = text.split_whitespace().map_while(|number| number.parse().ok());
        Some((task.file_name().into_string().ok()?, [numbers.next()?, numbers.next()?]))
    });
    Some(times.collect())
}

/// How long a quota has held this control group up.
fn throttled_micros() -> Option<u64> {
    let text = std::fs::read_to_string("/sys/fs/cgroup/cpu.stat").ok()?;
    text.lines().find_map(|line| line.strip_prefix("throttled_usec ")?.parse().ok())
}

/// How many thousandths of a processor this control group may use; none where it has no quota.
pub(crate) fn cpu_quota_millis() -> Option<u64> {
    let text = std::fs::read_to_string("/sys/fs/cgroup/cpu.max").ok()?;
    let mut numbers = text.split_whitespace().map_while(|number| number.parse::<u64>().ok());
    let (quota, period) = (numbers.next()?, numbers.next()?);
    (quota * 1000).checked_div(period)
}

/// How many files this process may open; none where there is no limit, or where the system does not tell.
#[cfg(unix)]
pub(crate) fn file_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// How many files this process may open; none where there is no limit, or where the system does not tell.
#[cfg(not(unix))]
pub(crate) fn file_limit() -> Option<u64> {
    None
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
