//! The size of a run: how many workers there are, for how long, and how many of them browse or order.

use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, Arrivals, ConstantArrivalRate, ConstantVus};
use flashcrowd_engine::{ExecutorConfig, ScenarioConfig};

use crate::shop::Workload;

/// Which size was requested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preset {
    /// A short run.
    Demo,
    /// The full run.
    Full,
    /// As given by the user.
    Custom,
    /// The full run, after a confirmation.
    Asked,
}

/// How many workers there are, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Which size was requested.
    pub preset: Preset,
    /// Workers by kind; where each does both, what that comes to.
    pub workers: Split,
    /// Whether every worker browses and orders.
    pub mixed: bool,
    /// Steps per second by kind, if they are started at a fixed rate.
    pub rates: Option<Split>,
    /// How long the load lasts.
    pub duration: Duration,
}

/// A number of workers, or of their steps per second, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Those that browse products.
    pub reads: u64,
    /// Those that place orders.
    pub orders: u64,
}

impl Preset {
    /// Its name in files and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Full => "full",
            Self::Custom => "custom",
            Self::Asked => "default",
        }
    }
}

impl Size {
    /// Both scenarios, or the one in which workers do both. Their `exec` is their name: by it the behaviour knows what to do.
    pub fn scenarios(&self) -> Vec<ScenarioConfig> {
        let (workers, rates) = (self.workers, self.rates);
        let parts = match self.mixed {
            true => vec![(Workload::MIXED, workers.total(), rates.map(Split::total))],
            false => vec![
                (Workload::READS, workers.reads, rates.map(|rates| rates.reads)),
                (Workload::ORDERS, workers.orders, rates.map(|rates| rates.orders)),
            ],
        };
        let scenario = |(name, vus, rate): (&str, u64, Option<u64>)| ScenarioConfig {
            exec: name.to_owned(),
            ..ScenarioConfig::new(name, self.executor(vus, rate))
        };
        parts.into_iter().filter(|(_, vus, _)| *vus > 0).map(scenario).collect()
    }

    fn executor(&self, vus: u64, rate: Option<u64>) -> ExecutorConfig {
        let duration = self.duration;
        match rate {
            None => ExecutorConfig::ConstantVus(ConstantVus { vus, duration }),
            Some(rate) => ExecutorConfig::ConstantArrivalRate(ConstantArrivalRate {
                rate,
                time_unit: Duration::from_secs(1),
                duration,
                // A fixed number of workers share the rate: at random, some steps would find none of them idle.
                arrivals: Arrivals::Even,
                allowance: Allowance { pre_allocated_vus: vus, max_vus: vus },
            }),
        }
    }
}

impl Split {
    /// Both together.
    pub fn total(self) -> u64 {
        self.reads + self.orders
    }

    /// Splits a number by the share that browses, rounded up. Each kind gets at least one, unless the share is 0 or 1.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "a share of a number that clap keeps below 1000001"
    )]
    pub fn of(number: u64, share: f64) -> Option<Self> {
        let reads = (number as f64 * share - 1e-9).ceil().max(0.0) as u64;
        let reads = match share {
            0.0 => 0,
            1.0 => number,
            _ if number < 2 => return None,
            _ => reads.clamp(1, number - 1),
        };
        Some(Self { reads, orders: number - reads })
    }
}

#[cfg(test)]
mod tests {
    use flashcrowd_engine::Share;

    use super::*;

    #[test]
    fn each_kind_gets_one_unless_it_is_excluded() {
        for (number, share, reads) in [
            (5, 0.5, 3),
            (20, 0.5, 10),
            (2, 0.99, 1),
            (2, 0.01, 1),
            (10, 0.7, 7),
            (100, 0.07, 7),
            (3, 0.0, 0),
            (1, 1.0, 1),
            (3, 1.0, 3),
        ] {
            assert_eq!(
                Split::of(number, share),
                Some(Split { reads, orders: number - reads }),
                "{number} {share}"
            );
        }
        assert_eq!(Split::of(1, 0.5), None);
    }

    #[test]
    fn a_size_becomes_two_scenarios() {
        let split = |reads, orders| Split { reads, orders };
        let (workers, duration) = (split(3, 2), Duration::from_secs(30));
        let size = Size { preset: Preset::Demo, workers, mixed: false, rates: None, duration };
        let described = |size: &Size| {
            let scenarios = size.scenarios();
            let lines =
                scenarios.iter().map(|one| format!("{}: {}", one.name, one.describe(&Share::whole())));
            lines.collect::<Vec<_>>().join("\n")
        };
        insta::assert_snapshot!(described(&size), @r"
        product_queries: 3 looping VUs for 30s (exec: product_queries, gracefulStop: 30s)
        order_creation: 2 looping VUs for 30s (exec: order_creation, gracefulStop: 30s)
        ");
        let duration = Duration::from_secs(300);
        let workers = split(20, 0);
        let size = Size { workers, rates: Some(split(100, 0)), duration, ..size };
        insta::assert_snapshot!(described(&size), @"product_queries: 100.00 iterations/s for 5m0s (maxVUs: 20, exec: product_queries, gracefulStop: 30s)");
        let size = Size { workers: split(3, 2), mixed: true, rates: None, ..size };
        insta::assert_snapshot!(described(&size), @"prime_day: 5 looping VUs for 5m0s (exec: prime_day, gracefulStop: 30s)");
    }
}
