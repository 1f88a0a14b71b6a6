//! ramping-arrival-rate: iterations start at a changing rate, along a curve of straight stages.
//!
//! Starts: iteration n, counted from one, when the area under the curve reaches n; so none at zero. Or at random, see
//! [`Arrivals`]. Stages without length jump. Times are absolute: a late one is made up for, not skipped.
//! Stops: after the last stage no iteration starts; running ones have the graceful stop to end.
//! Drops: as with constant-arrival-rate.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value, json};

use super::{Allowance, Arrivals, Executor, Lane, Load, Need, Stage, stages};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

const TIME_UNIT: Duration = Duration::from_secs(1);

/// The highest rate per time unit; keeps areas within 128 bits.
const MOST: u64 = 1_000_000_000_000;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RampingArrivalRate {
    /// How many iterations start per time unit at the start.
    pub start_rate: u64,
    /// The time unit.
    pub time_unit: Duration,
    /// The curve.
    pub stages: Vec<Stage>,
    /// How the iterations are spread in time.
    pub arrivals: Arrivals,
    /// The virtual users.
    pub allowance: Allowance,
}

impl RampingArrivalRate {
    pub(super) const NAME: &'static str = "ramping-arrival-rate";

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            start_rate: fields.integer("startRate", 0),
            time_unit: fields.duration("timeUnit", TIME_UNIT),
            stages: stages::read(fields),
            arrivals: fields.parsed("arrivals").unwrap_or_default(),
            allowance: Allowance::read(fields),
        }
    }

    /// When the iterations of a share are due, with the seed of the scenario's random arrivals.
    pub fn dues<'a>(&'a self, share: &'a Share, seed: u64) -> impl Iterator<Item = Duration> + 'a {
        let (mut curve, mut stream) = (Curve::new(self), self.arrivals.stream(seed));
        share.indices().map_while(move |index| match &mut stream {
            None => curve.reaches(u128::from(index + 1) * curve.unit),
            Some(stream) => curve.reaches((stream.area(index) * curve.unit as f64) as u128),
        })
    }
}

/// The area under the curve, walked through once. Areas are exact, in halves of an iteration per time unit and
/// nanosecond, so that what a stage leaves over is carried into the next one.
struct Curve<'a> {
    stages: std::slice::Iter<'a, Stage>,
    /// One iteration.
    unit: u128,
    /// The stage at hand, from which rate.
    stage: Option<Stage>,
    from: u64,
    /// Where the stage at hand begins: in time, and in area.
    begun: Duration,
    done: u128,
}

impl<'a> Curve<'a> {
    fn new(config: &'a RampingArrivalRate) -> Self {
        let mut stages = config.stages.iter();
        let stage = stages.next().copied();
        let unit = 2 * config.time_unit.as_nanos();
        Self { stages, unit, stage, from: config.start_rate, begun: Duration::ZERO, done: 0 }
    }

    /// When the area is that large; asked in rising order.
    fn reaches(&mut self, wanted: u128) -> Option<Duration> {
        loop {
            let stage = self.stage?;
            let area = stage.duration.as_nanos() * (u128::from(self.from) + u128::from(stage.target));
            if wanted <= self.done + area && !stage.duration.is_zero() {
                let inside = self.within(stage, (wanted - self.done) as f64);
                return Some(self.begun + inside.min(stage.duration));
            }
            self.done += area;
            self.begun = self.begun.saturating_add(stage.duration);
            self.from = stage.target;
            self.stage = self.stages.next().copied();
        }
    }

    /// How far into the stage its own area reaches `area`: the root of from*x + (to-from)*x^2/2D = area/2, in the form
    /// that neither subtracts nearly equal numbers nor divides by zero when the rate stays as it is.
    fn within(&self, stage: Stage, area: f64) -> Duration {
        let (from, to, length) = (self.from as f64, stage.target as f64, stage.duration.as_nanos() as f64);
        let root = (from * from + area * (to - from) / length).max(0.0).sqrt();
        Duration::from_nanos((area / (from + root)) as u64)
    }
}

impl Executor for RampingArrivalRate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(!self.time_unit.is_zero(), "timeUnit", "must be more than 0");
        problems.check(
            self.start_rate <= MOST,
            "startRate",
            format!("{} is more than {MOST}", self.start_rate),
        );
        stages::validate(&self.stages, MOST, problems);
        self.allowance.validate(problems);
    }

    fn length(&self) -> Duration {
        stages::length(&self.stages)
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        self.allowance.needs(share, self.length().saturating_add(graceful_stop))
    }

    fn due(&self, instance: &Share, (worker, workers): (usize, usize), seed: u64) -> u64 {
        let share = self.allowance.iterations(instance, workers, worker);
        self.dues(&share, seed).count() as u64
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let highest = stages::highest(self.start_rate, &self.stages) as f64;
        let rate = highest / self.time_unit.as_secs_f64() * share.fraction();
        let length = duration::format(self.length());
        let what = format!("Up to {rate:.2} iterations/s for {length} over {}", stages::count(&self.stages));
        (what, self.arrivals.notes(self.allowance.describe(share)))
    }

    fn rate(&self, at: Duration) -> Option<f64> {
        Some(stages::height(self.start_rate, &self.stages, at) / self.time_unit.as_secs_f64())
    }

    fn load(&self) -> Option<Load> {
        Some(Load { from: self.start_rate, stages: self.stages.clone(), time_unit: Some(self.time_unit) })
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("startRate".into(), self.start_rate.into());
        object.insert("timeUnit".into(), duration::format(self.time_unit).into());
        object.insert("stages".into(), json!(self.stages));
        self.arrivals.write(object);
        self.allowance.write(object);
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let share = lane.iterations_of(&self.allowance);
            lane.arrive(&self.allowance, &share, Box::new(self.dues(&share, lane.seed()))).await;
            lane.sleep_until(self.length()).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(start_rate: u64, stages: &[(u64, u64)]) -> Vec<u64> {
        let stage = |&(milliseconds, target): &(u64, u64)| Stage {
            duration: Duration::from_millis(milliseconds),
            target,
        };
        let executor = RampingArrivalRate {
            start_rate,
            time_unit: TIME_UNIT,
            stages: stages.iter().map(stage).collect(),
            arrivals: Arrivals::Even,
            allowance: Allowance { pre_allocated_vus: 1, max_vus: 1 },
        };
        executor.dues(&Share::whole(), 0).map(|due| due.as_millis() as u64).collect()
    }

    #[test]
    fn iterations_are_due_when_the_area_is_whole() {
        for (start, stages, expected) in [
            (
                0,
                &[(3000, 10)][..],
                &[774, 1095, 1341, 1549, 1732, 1897, 2049, 2190, 2323, 2449, 2569, 2683, 2792, 2898, 3000][..],
            ),
            (10, &[(500, 10)], &[100, 200, 300, 400, 500]),
            (0, &[(0, 5), (1000, 5)], &[200, 400, 600, 800, 1000]),
            (0, &[(1000, 0), (1000, 2)], &[2000]),
            (2, &[(1000, 0), (1000, 2)], &[1000, 2000]),
            (1, &[(500, 1), (1000, 1)], &[1000]),
            (0, &[(5000, 0)], &[]),
            (10, &[(0, 0)], &[]),
        ] {
            assert_eq!(dues(start, stages), expected, "{start} {stages:?}");
        }
    }

    #[test]
    fn the_area_is_exact_over_long_runs() {
        let whole_day = dues(1000, &[(3_600_000, 1000), (3_600_000, 1000)]);
        assert_eq!(whole_day.len(), 7_200_000);
        assert_eq!(whole_day.last(), Some(&7_200_000));
    }
}
