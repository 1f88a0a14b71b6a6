//! The load on the generator: how busy this process was, and whether iterations were late because of it.

/// From this share of its CPU time, the generator counts as busy.
pub const BUSY_SHARE: f64 = 0.9;

/// Iterations that start later than this, in milliseconds, are not the configured load.
pub const LATE_MS: f64 = 100.0;

/// On a machine that both share, the generator is part of the problem from this share.
const PART: f64 = 0.25;

/// How busy the generator was over some time, and what became of the iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct GeneratorLoad {
    /// The share of its CPU cores that the generator used.
    pub own: f64,
    /// The share that the target used on the same machine; zero if it runs elsewhere or does not expose it.
    pub target: f64,
    /// Iterations that were due and never started.
    pub dropped: f64,
    /// How late iterations started, the 99th percentile in milliseconds; zero without arrival rates.
    pub lag_p99: f64,
}

impl GeneratorLoad {
    /// Whether the CPU cores were in use nearly all the time.
    pub fn is_busy(&self) -> bool {
        self.own > BUSY_SHARE || (self.own > PART && self.own + self.target > BUSY_SHARE)
    }

    /// Whether iterations were dropped or started late.
    pub fn is_late(&self) -> bool {
        self.dropped > 0.0 || self.starts_late()
    }

    /// Whether iterations started late.
    pub fn starts_late(&self) -> bool {
        self.lag_p99 > LATE_MS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_count_on_a_shared_machine() {
        for (own, target, expected) in
            [(0.91, 0.0, true), (0.9, 0.0, false), (0.4, 0.55, true), (0.2, 0.8, false)]
        {
            let load = GeneratorLoad { own, target, ..GeneratorLoad::default() };
            assert_eq!(load.is_busy(), expected, "{own} {target}");
        }
    }

    #[test]
    fn late_are_dropped_iterations_and_late_starts() {
        for (dropped, lag_p99, expected) in [(0.0, 100.0, false), (0.0, 101.0, true), (1.0, 0.0, true)] {
            let load = GeneratorLoad { dropped, lag_p99, ..GeneratorLoad::default() };
            assert_eq!(load.is_late(), expected, "{dropped} {lag_p99}");
        }
    }
}
