//! A mix says which task comes next, by weight and by how long a scenario has been running.

use std::time::Duration;

use fastrand::Rng;
use flashcrowd_engine::{ActiveScenario, ExecutorConfig};
use tokio::time::Instant;

use crate::model::{Mix, TestPlan};

/// The mixes of one scenario, in the order of their times.
#[derive(Debug, Default)]
pub(super) struct Mixes {
    scenario: String,
    mixes: Vec<(Duration, Weights)>,
    /// The mix of the largest load.
    peak: usize,
}

/// Tasks to be drawn by their weights.
#[derive(Debug, PartialEq)]
pub(super) struct Weights {
    /// Positions of tasks, each with the weights up to and with its own.
    tasks: Vec<(usize, f64)>,
}

impl Mixes {
    /// The mixes of all scenarios of a plan.
    pub(super) fn of(plan: &TestPlan) -> Vec<Self> {
        let of = |scenario: usize| plan.mixes.iter().filter(move |mix| mix.scenario == scenario);
        let timed = |mix: &Mix| (mix.from, Weights::new(&mix.tasks));
        let all = plan.scenarios.iter().enumerate().map(|(index, scenario)| {
            let mixes: Vec<(Duration, Weights)> = of(index).map(timed).collect();
            let at = peak(&scenario.executor);
            let peak = mixes.iter().rposition(|(from, _)| *from <= at).unwrap_or_default();
            Self { scenario: scenario.name.clone(), mixes, peak }
        });
        all.collect()
    }

    /// Whether it is that scenario's.
    pub(super) fn is_of(&self, scenario: &str) -> bool {
        self.scenario == scenario
    }

    /// What is asked for where the load is largest.
    pub(super) fn at_peak(&self) -> Option<&Weights> {
        self.mixes.get(self.peak).map(|(_, weights)| weights)
    }

    /// What is asked for now; as [`TestPlan::mix`] has it, and without a look at the clock if it never changes.
    pub(super) fn now(&self, scenario: &ActiveScenario) -> Option<&Weights> {
        match self.mixes.as_slice() {
            [(_, only)] => Some(only),
            _ => self.at(Instant::now().saturating_duration_since(scenario.started)),
        }
    }

    fn at(&self, at: Duration) -> Option<&Weights> {
        let begun = self.mixes.iter().take_while(|(from, _)| *from <= at).last();
        begun.or(self.mixes.first()).map(|(_, weights)| weights)
    }
}

/// When the load of a curve is largest for the first time and held, or about to be.
fn peak(executor: &ExecutorConfig) -> Duration {
    let stages = match executor {
        ExecutorConfig::RampingVus(executor) => &executor.stages,
        ExecutorConfig::RampingArrivalRate(executor) => &executor.stages,
        _ => return Duration::ZERO,
    };
    let mut begun = Duration::ZERO;
    let mut peak = (0, Duration::ZERO);
    for stage in stages {
        if stage.target > peak.0 {
            peak = (stage.target, begun);
        }
        begun = begun.saturating_add(stage.duration);
    }
    peak.1
}

impl Weights {
    fn new(tasks: &[(usize, f64)]) -> Self {
        let mut sum = 0.0;
        let weighty = tasks.iter().filter(|(_, weight)| *weight > 0.0);
        let tasks = weighty.map(|(task, weight)| {
            sum += weight;
            (*task, sum)
        });
        Self { tasks: tasks.collect() }
    }

    /// One of the tasks.
    pub(super) fn draw(&self, rng: &mut Rng) -> Option<usize> {
        if let [(only, _)] = self.tasks.as_slice() {
            return Some(*only);
        }
        let (last, sum) = self.tasks.last()?;
        let point = rng.f64() * sum;
        let at = self.tasks.partition_point(|(_, up_to)| *up_to <= point);
        Some(self.tasks.get(at).map_or(*last, |(task, _)| *task))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tasks_come_by_their_weights_and_those_without_never() {
        let weights = Weights::new(&[(3, 0.0), (0, 20.0), (1, 70.0), (2, 10.0), (4, 0.0)]);
        let (mut rng, mut drawn) = (Rng::with_seed(1), [0; 5]);
        for _ in 0..100_000 {
            drawn[weights.draw(&mut rng).unwrap()] += 1;
        }
        for (task, share) in [(0, 0.2_f64), (1, 0.7), (2, 0.1), (3, 0.0), (4, 0.0)] {
            let (expected, deviation) = (1e5 * share, (1e5 * share * (1.0 - share)).sqrt());
            assert!((f64::from(drawn[task]) - expected).abs() <= 5.0 * deviation, "{drawn:?}");
        }
        assert_eq!(Weights::new(&[(7, 0.1)]).draw(&mut rng), Some(7));
        assert_eq!(Weights::new(&[]).draw(&mut rng), None);
    }

    #[test]
    fn the_last_mix_that_has_begun_counts() {
        let weights = |task| Weights::new(&[(task, 1.0)]);
        let seconds = Duration::from_secs;
        let mixes = vec![(seconds(1), weights(0)), (seconds(5), weights(1)), (seconds(9), weights(2))];
        let mixes = Mixes { mixes, ..Mixes::default() };
        for (at, task) in [(0, 0), (1, 0), (4, 0), (5, 1), (8, 1), (9, 2), (1000, 2)] {
            assert_eq!(mixes.at(seconds(at)), Some(&weights(task)), "{at}");
        }
        assert_eq!(Mixes::default().at(seconds(1)), None);
    }
}
