//! A size is how many customers come and for how long, and how many of them look or order.

use std::time::Duration;

use flashcrowd_engine::executor::{Allowance, ConstantArrivalRate, ConstantVus};
use flashcrowd_engine::{ExecutorConfig, ScenarioConfig, duration};
use flashcrowd_prime_day::Workload;

use crate::args::SizeArgs;

/// Workers and time of `--demo`.
const DEMO: (u64, Duration) = (5, Duration::from_secs(30));

/// Workers and time of `--full`, and of a run whose size was not said.
const FULL: (u64, Duration) = (20, Duration::from_secs(300));

/// Which size was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// A short look.
    Demo,
    /// The day itself.
    Full,
    /// What the user says.
    Custom,
    /// The day itself, after a question.
    Asked,
}

/// What was asked for, before what is missing was answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Which size.
    pub mode: Mode,
    /// How many workers, if that is known.
    pub workers: Option<u64>,
    /// How long, if that is known.
    pub duration: Option<Duration>,
    /// Steps a second, if they are started by the clock.
    pub rate: Option<u64>,
    /// The share that looks at products.
    pub read_ratio: f64,
    /// Whether it must be confirmed.
    pub confirm: bool,
}

/// How many customers come, and for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct Size {
    /// Which size was asked for.
    pub mode: Mode,
    /// Those who look and those who order.
    pub workers: Split,
    /// Steps a second of both, if they are started by the clock.
    pub rates: Option<Split>,
    /// How long they come.
    pub duration: Duration,
}

/// A number of customers, or of their steps a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Those who look at products.
    pub reads: u64,
    /// Those who order.
    pub orders: u64,
}

impl Mode {
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

impl Wanted {
    /// What these arguments ask for.
    pub fn of(args: &SizeArgs, read_ratio: f64) -> Self {
        let both = args.workers.is_some() && args.duration.is_some();
        let (mode, usual) = match (args.demo, args.full, args.custom || both) {
            (true, _, _) => (Mode::Demo, Some(DEMO)),
            (_, true, _) => (Mode::Full, Some(FULL)),
            (_, _, true) => (Mode::Custom, None),
            _ => (Mode::Asked, Some(FULL)),
        };
        Self {
            mode,
            workers: args.workers.or(usual.map(|(workers, _)| workers)),
            duration: args.duration.or(usual.map(|(_, duration)| duration)),
            rate: args.rate,
            read_ratio,
            confirm: mode == Mode::Asked && !args.yes,
        }
    }

    /// Whether nothing has to be asked before the run.
    pub fn is_settled(&self) -> bool {
        self.workers.is_some() && self.duration.is_some() && !self.confirm
    }

    /// What has to be typed where nobody can be asked.
    pub fn unasked(&self) -> Vec<String> {
        if self.is_settled() {
            return Vec::new();
        }
        let text = match self.mode {
            Mode::Custom => {
                "--custom asks for workers and time, and there is no terminal to ask on: give --workers N --duration TIME"
            }
            _ => {
                "there is no terminal to ask on whether to begin: give --yes, or --demo, --full, or --workers N \
                 --duration TIME"
            }
        };
        vec![text.to_owned()]
    }

    /// The size, once workers and time are known; all problems at once.
    pub fn settle(&self, workers: u64, duration: Duration) -> Result<Size, Vec<String>> {
        let mut problems = Vec::new();
        if duration < Duration::from_secs(1) {
            problems.push(format!("--duration is {}: give a second or more", duration::format(duration)));
        }
        let mut split = |number: u64, flag: &str| {
            split(number, self.read_ratio).ok_or(()).map_err(|()| {
                problems.push(format!(
                    "{flag} {number} cannot both look at products and order: give {flag} 2 or more, or --read-ratio \
                     0 or 1"
                ));
            })
        };
        let workers = split(workers, "--workers");
        let rates = self.rate.map(|rate| split(rate, "--rate")).transpose();
        match (workers, rates) {
            (Ok(workers), Ok(rates)) if problems.is_empty() => {
                Ok(Size { mode: self.mode, workers, rates, duration })
            }
            _ => Err(problems),
        }
    }
}

impl Size {
    /// Both streams of load. What they run, and so what their virtual users do, is named as they are.
    pub fn scenarios(&self) -> Vec<ScenarioConfig> {
        let (workers, rates) = (self.workers, self.rates);
        let parts = [
            (Workload::READS, workers.reads, rates.map(|rates| rates.reads)),
            (Workload::ORDERS, workers.orders, rates.map(|rates| rates.orders)),
        ];
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
}

/// The share of a number that looks, rounded up; each kind has one at least, unless it is to have none.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a share of a number that clap keeps below 1000001"
)]
fn split(number: u64, share: f64) -> Option<Split> {
    let reads = (number as f64 * share - 1e-9).ceil().max(0.0) as u64;
    let reads = match share {
        0.0 => 0,
        1.0 => number,
        _ if number < 2 => return None,
        _ => reads.clamp(1, number - 1),
    };
    Some(Split { reads, orders: number - reads })
}

#[cfg(test)]
mod tests {
    use flashcrowd_engine::Share;

    use super::*;

    fn args() -> SizeArgs {
        SizeArgs::default()
    }

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn every_mode_has_its_size_and_flags_change_it() {
        for (args, mode, workers, seconds, confirm) in [
            (SizeArgs { demo: true, ..args() }, Mode::Demo, Some(5), Some(30), false),
            (SizeArgs { full: true, ..args() }, Mode::Full, Some(20), Some(300), false),
            (SizeArgs { custom: true, ..args() }, Mode::Custom, None, None, false),
            (args(), Mode::Asked, Some(20), Some(300), true),
            (SizeArgs { yes: true, ..args() }, Mode::Asked, Some(20), Some(300), false),
            (SizeArgs { workers: Some(3), ..args() }, Mode::Asked, Some(3), Some(300), true),
            (
                SizeArgs { demo: true, duration: Some(5 * SECOND), ..args() },
                Mode::Demo,
                Some(5),
                Some(5),
                false,
            ),
            (
                SizeArgs { workers: Some(3), duration: Some(9 * SECOND), ..args() },
                Mode::Custom,
                Some(3),
                Some(9),
                false,
            ),
            (SizeArgs { custom: true, workers: Some(3), ..args() }, Mode::Custom, Some(3), None, false),
        ] {
            let wanted = Wanted::of(&args, 0.5);
            let found =
                (wanted.mode, wanted.workers, wanted.duration.map(|time| time.as_secs()), wanted.confirm);
            assert_eq!(found, (mode, workers, seconds, confirm), "{args:?}");
            assert_eq!(wanted.unasked().is_empty(), workers.and(seconds).is_some() && !confirm, "{args:?}");
        }
    }

    #[test]
    fn both_kinds_come_unless_one_is_not_wanted() {
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
                split(number, share),
                Some(Split { reads, orders: number - reads }),
                "{number} {share}"
            );
        }
        assert_eq!(split(1, 0.5), None);
    }

    #[test]
    fn all_problems_at_once() {
        let wanted = Wanted { rate: Some(1), ..Wanted::of(&args(), 0.5) };
        insta::assert_snapshot!(wanted.settle(1, Duration::from_millis(5)).unwrap_err().join("\n"), @r"
        --duration is 5ms: give a second or more
        --workers 1 cannot both look at products and order: give --workers 2 or more, or --read-ratio 0 or 1
        --rate 1 cannot both look at products and order: give --rate 2 or more, or --read-ratio 0 or 1
        ");
    }

    #[test]
    fn a_size_becomes_two_scenarios() {
        let wanted = Wanted::of(&SizeArgs { demo: true, ..args() }, 0.5);
        let size = wanted.settle(5, 30 * SECOND).unwrap();
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
        let clocked = Wanted { rate: Some(100), read_ratio: 1.0, ..wanted };
        let size = clocked.settle(20, 300 * SECOND).unwrap();
        insta::assert_snapshot!(described(&size), @"product_queries: 100.00 iterations/s for 5m0s (maxVUs: 20, exec: product_queries, gracefulStop: 30s)");
    }
}
