//! The size that was requested on the command line; what is missing of it is asked for.

use std::time::Duration;

use flashcrowd_engine::duration;
use flashcrowd_prime_day::{Preset, Size, Split};

use crate::args::SizeArgs;

/// Workers and time of `--demo`.
const DEMO: (u64, Duration) = (5, Duration::from_secs(30));

/// Workers and time of `--full`, and of a run without a size.
const FULL: (u64, Duration) = (20, Duration::from_secs(300));

/// What was requested; the rest is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// Which size.
    pub preset: Preset,
    /// Number of workers, if given.
    pub workers: Option<u64>,
    /// Duration, if given.
    pub duration: Option<Duration>,
    /// Steps per second, if they are started at a fixed rate.
    pub rate: Option<u64>,
    /// The share of workers that browse products.
    pub read_ratio: f64,
    /// Whether each of them places orders as well.
    pub mixed: bool,
    /// Whether it must be confirmed.
    pub confirm: bool,
}

impl Wanted {
    /// What these arguments request.
    pub fn of(args: &SizeArgs, (read_ratio, mixed): (f64, bool)) -> Self {
        let both = args.workers.is_some() && args.duration.is_some();
        let (preset, usual) = match (args.demo, args.full, args.custom || both) {
            (true, _, _) => (Preset::Demo, Some(DEMO)),
            (_, true, _) => (Preset::Full, Some(FULL)),
            (_, _, true) => (Preset::Custom, None),
            _ => (Preset::Asked, Some(FULL)),
        };
        Self {
            preset,
            workers: args.workers.or(usual.map(|(workers, _)| workers)),
            duration: args.duration.or(usual.map(|(_, duration)| duration)),
            rate: args.rate,
            read_ratio,
            mixed,
            confirm: preset == Preset::Asked && !args.yes,
        }
    }

    /// Whether nothing has to be asked before the run.
    pub fn is_settled(&self) -> bool {
        self.workers.is_some() && self.duration.is_some() && !self.confirm
    }

    /// Which flags are missing where nobody can be asked.
    pub fn unasked(&self) -> Vec<String> {
        if self.is_settled() {
            return Vec::new();
        }
        let text = match self.preset {
            Preset::Custom => {
                "--custom asks for workers and duration, but there is no terminal: use --workers N --duration TIME"
            }
            _ => {
                "there is no terminal to confirm the run on: use --yes, or --demo, --full, or --workers N \
                 --duration TIME"
            }
        };
        vec![text.to_owned()]
    }

    /// The size, once workers and time are known; all problems at once.
    pub fn settle(&self, workers: u64, duration: Duration) -> Result<Size, Vec<String>> {
        let mut problems = Vec::new();
        if duration < Duration::from_secs(1) {
            problems.push(format!("--duration is {}: use 1 second or more", duration::format(duration)));
        }
        let mut split = |number: u64, flag: &str| {
            let split = match self.mixed && number == 1 {
                true => Some(Split { reads: 1, orders: 0 }),
                false => Split::of(number, self.read_ratio),
            };
            split.ok_or(()).map_err(|()| {
                problems.push(format!(
                    "{flag} {number} cannot both browse products and place orders: use {flag} 2 or more, or --read-ratio \
                     0 or 1"
                ));
            })
        };
        let workers = split(workers, "--workers");
        let rates = self.rate.map(|rate| split(rate, "--rate")).transpose();
        match (workers, rates) {
            (Ok(workers), Ok(rates)) if problems.is_empty() => {
                Ok(Size { preset: self.preset, workers, mixed: self.mixed, rates, duration })
            }
            _ => Err(problems),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args() -> SizeArgs {
        SizeArgs::default()
    }

    const SECOND: Duration = Duration::from_secs(1);

    /// What is typed, and the preset, workers and seconds that come of it, and whether it is confirmed.
    type Row = (SizeArgs, Preset, Option<u64>, Option<u64>, bool);

    fn presets() -> Vec<Row> {
        vec![
            (SizeArgs { demo: true, ..args() }, Preset::Demo, Some(5), Some(30), false),
            (SizeArgs { full: true, ..args() }, Preset::Full, Some(20), Some(300), false),
            (SizeArgs { custom: true, ..args() }, Preset::Custom, None, None, false),
            (args(), Preset::Asked, Some(20), Some(300), true),
            (SizeArgs { yes: true, ..args() }, Preset::Asked, Some(20), Some(300), false),
            (SizeArgs { workers: Some(3), ..args() }, Preset::Asked, Some(3), Some(300), true),
            (
                SizeArgs { demo: true, duration: Some(5 * SECOND), ..args() },
                Preset::Demo,
                Some(5),
                Some(5),
                false,
            ),
            (
                SizeArgs { workers: Some(3), duration: Some(9 * SECOND), ..args() },
                Preset::Custom,
                Some(3),
                Some(9),
                false,
            ),
            (SizeArgs { custom: true, workers: Some(3), ..args() }, Preset::Custom, Some(3), None, false),
        ]
    }

    #[test]
    fn every_preset_has_its_size_and_flags_change_it() {
        for (args, preset, workers, seconds, confirm) in presets() {
            let wanted = Wanted::of(&args, (0.5, false));
            let found =
                (wanted.preset, wanted.workers, wanted.duration.map(|time| time.as_secs()), wanted.confirm);
            assert_eq!(found, (preset, workers, seconds, confirm), "{args:?}");
            assert_eq!(wanted.unasked().is_empty(), workers.and(seconds).is_some() && !confirm, "{args:?}");
        }
    }

    #[test]
    fn all_problems_at_once() {
        let wanted = Wanted { rate: Some(1), ..Wanted::of(&args(), (0.5, false)) };
        insta::assert_snapshot!(wanted.settle(1, Duration::from_millis(5)).unwrap_err().join("\n"), @r"
        --duration is 5ms: use 1 second or more
        --workers 1 cannot both browse products and place orders: use --workers 2 or more, or --read-ratio 0 or 1
        --rate 1 cannot both browse products and place orders: use --rate 2 or more, or --read-ratio 0 or 1
        ");
    }
}
