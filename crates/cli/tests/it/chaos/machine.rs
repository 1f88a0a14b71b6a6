//! What the machine does to everybody: how late a thread wakes that does nothing but sleep.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const NAP: Duration = Duration::from_millis(5);

/// A thread that sleeps, and notes how late it wakes.
pub struct Sleeper {
    ends: Arc<AtomicBool>,
    thread: JoinHandle<Vec<Duration>>,
}

impl Sleeper {
    pub fn start() -> Self {
        let ends = Arc::<AtomicBool>::default();
        let asked = ends.clone();
        let thread = std::thread::spawn(move || {
            let mut late = Vec::new();
            while !asked.load(Ordering::Relaxed) {
                let before = Instant::now();
                std::thread::sleep(NAP);
                late.push(before.elapsed().saturating_sub(NAP));
            }
            late
        });
        Self { ends, thread }
    }

    /// How late it was at the 99th percentile.
    pub fn p99(self) -> Duration {
        self.ends.store(true, Ordering::Relaxed);
        let mut late = self.thread.join().unwrap();
        late.sort_unstable();
        late.get(late.len() * 99 / 100).copied().unwrap_or_default()
    }
}

/// How many times as much others want of the processors as there is, one if it is less: who shares them waits.
pub fn crowd() -> f64 {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split(' ').next().and_then(|text| text.parse().ok()).unwrap_or(0.0);
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    (load / (2 * processors) as f64).max(1.0)
}
