//! Notices when the load generator was the bottleneck, not the target.

use std::time::Duration;

use flashcrowd_diagnosis::GeneratorLoad;

/// How hard this process worked for the load, and what became of the iterations.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Effort {
    /// The CPU time that was used; none if the system does not report it.
    pub(crate) cpu: Option<Duration>,
    /// How long the run took.
    pub(crate) wall: Duration,
    /// The CPU cores that it could use: worker threads, or cores if there are fewer.
    pub(crate) processors: usize,
    /// Iterations that were due and never started.
    pub(crate) dropped: u64,
    /// How late iterations started, the 99th percentile in milliseconds; none without arrival rates.
    pub(crate) lag_p99: Option<f64>,
}

impl Effort {
    /// A warning, if the load was not as configured and this process is the likely reason.
    pub(crate) fn bottleneck(&self) -> Option<String> {
        let load = GeneratorLoad {
            own: self.share()?,
            target: 0.0,
            busiest: 0.0,
            dropped: self.dropped as f64,
            lag_p99: self.lag_p99.unwrap_or_default(),
        };
        if !load.is_busy() || !load.is_late() {
            return None;
        }
        let lateness = load
            .starts_late()
            .then(|| format!("iterations started {:.0} ms late (iteration_lag, p99)", load.lag_p99));
        let dropped = (self.dropped > 0).then(|| format!("{} iterations were dropped", self.dropped));
        let harm: Vec<String> = dropped.into_iter().chain(lateness).collect();
        Some(format!(
            "the load generator itself was the bottleneck, not the target: {}, while this process used {:.0}% of the \
             CPU time of {}; reduce the load, use more cores, or split the test with --execution-segment",
            harm.join(" and "),
            load.own * 100.0,
            if self.processors == 1 { "one core".to_owned() } else { format!("{} cores", self.processors) },
        ))
    }

    /// The share of its CPU time that was used.
    fn share(&self) -> Option<f64> {
        let available = self.wall.as_secs_f64() * self.processors as f64;
        (available > 0.0).then_some(self.cpu?.as_secs_f64() / available)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_busy_process_that_was_late_is_to_blame() {
        let secs = Duration::from_secs;
        for (cpu, wall, processors, dropped, lag_p99, expected) in [
            (Some(38), 10, 4, 0, Some(250.0), true),
            (Some(38), 10, 4, 7, Some(1.0), true),
            (Some(38), 10, 4, 7, None, true),
            // Nothing was late or dropped.
            (Some(40), 10, 4, 0, Some(100.0), false),
            (Some(40), 10, 4, 0, None, false),
            // There was time left: the target is slow, or there are too few virtual users.
            (Some(36), 10, 4, 7, Some(250.0), false),
            (Some(0), 10, 4, 7, Some(250.0), false),
            // Nothing can be said.
            (None, 10, 4, 7, Some(250.0), false),
            (Some(38), 0, 4, 7, Some(250.0), false),
            (Some(38), 10, 0, 7, Some(250.0), false),
        ] {
            let effort = Effort { cpu: cpu.map(secs), wall: secs(wall), processors, dropped, lag_p99 };
            assert_eq!(effort.bottleneck().is_some(), expected, "{effort:?}");
        }
    }

    #[test]
    fn the_figures_are_told() {
        let effort = Effort {
            cpu: Some(Duration::from_millis(19_500)),
            wall: Duration::from_secs(10),
            processors: 2,
            dropped: 12,
            lag_p99: Some(1234.5),
        };
        assert_eq!(
            effort.bottleneck().unwrap(),
            "the load generator itself was the bottleneck, not the target: 12 iterations were dropped and iterations \
             started 1234 ms late (iteration_lag, p99), while this process used 98% of the CPU time of 2 cores; \
             reduce the load, use more cores, or split the test with --execution-segment"
        );
    }
}
