//! constant-arrival-rate: iterations start at a fixed rate, however long those before them take.
//!
//! Starts: iteration k when k periods of `timeUnit / rate` (in whole nanoseconds) have passed, the first one at once;
//! or at random, see [`Arrivals`]. Times are absolute: a late one is made up for, not skipped.
//! Stops: after `duration` no iteration starts; running ones have the graceful stop to end.
//! Drops: an iteration that finds no idle virtual user is never queued; then one more virtual user is initialized,
//! one at a time, up to `maxVUs`.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Allowance, Arrivals, Executor, Lane, Load, Need};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

const TIME_UNIT: Duration = Duration::from_secs(1);

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstantArrivalRate {
    /// How many iterations start per time unit.
    pub rate: u64,
    /// The time unit.
    pub time_unit: Duration,
    /// How long iterations start.
    pub duration: Duration,
    /// How they are spread in time.
    pub arrivals: Arrivals,
    /// The virtual users.
    pub allowance: Allowance,
}

impl ConstantArrivalRate {
    pub(super) const NAME: &'static str = "constant-arrival-rate";

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            rate: fields.required_integer("rate"),
            time_unit: fields.duration("timeUnit", TIME_UNIT),
            duration: fields.required_duration("duration"),
            arrivals: fields.parsed("arrivals").unwrap_or_default(),
            allowance: Allowance::read(fields),
        }
    }

    /// When the iterations of a share are due, with the seed of the scenario's random arrivals.
    pub fn dues<'a>(&self, share: &'a Share, seed: u64) -> impl Iterator<Item = Duration> + use<'a> {
        let (period, end) = (self.period(), nanos(self.duration));
        let (mut stream, mean_gap) = (self.arrivals.stream(seed), self.mean_gap());
        let at = move |index: u64| match &mut stream {
            None => index.checked_mul(period),
            Some(stream) => Some((stream.area(index) * mean_gap) as u64),
        };
        share.indices().map_while(at).take_while(move |&due| due < end).map(Duration::from_nanos)
    }

    /// The mean time from one iteration to the next, in nanoseconds.
    fn mean_gap(&self) -> f64 {
        self.time_unit.as_nanos() as f64 / self.rate.max(1) as f64
    }

    fn period(&self) -> u64 {
        nanos(self.time_unit) / self.rate.max(1)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

impl Executor for ConstantArrivalRate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(self.rate > 0, "rate", "must be more than 0");
        problems.check(!self.time_unit.is_zero(), "timeUnit", "must be more than 0");
        let countable = self.time_unit.is_zero() || self.period() > 0;
        problems.check(countable, "rate", "is more than one iteration per nanosecond");
        super::check_second("duration", self.duration, problems);
        self.allowance.validate(problems);
    }

    fn length(&self) -> Duration {
        self.duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        self.allowance.needs(share, self.duration.saturating_add(graceful_stop))
    }

    fn due(&self, instance: &Share, (worker, workers): (usize, usize), seed: u64) -> u64 {
        let share = self.allowance.iterations(instance, workers, worker);
        self.dues(&share, seed).count() as u64
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let rate = self.rate(Duration::ZERO).unwrap_or_default() * share.fraction();
        let what = format!("{rate:.2} iterations/s for {}", duration::format(self.duration));
        (what, self.arrivals.notes(self.allowance.describe(share)))
    }

    fn rate(&self, _at: Duration) -> Option<f64> {
        Some(self.rate as f64 / self.time_unit.as_secs_f64())
    }

    fn load(&self) -> Option<Load> {
        Some(Load::constant(self.rate, self.duration, Some(self.time_unit)))
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("rate".into(), self.rate.into());
        object.insert("timeUnit".into(), duration::format(self.time_unit).into());
        object.insert("duration".into(), duration::format(self.duration).into());
        self.arrivals.write(object);
        self.allowance.write(object);
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let share = lane.iterations_of(&self.allowance);
            lane.arrive(&self.allowance, &share, Box::new(self.dues(&share, lane.seed()))).await;
            lane.sleep_until(self.duration).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(rate: u64, time_unit: u64, milliseconds: u64) -> Vec<u64> {
        let allowance = Allowance { pre_allocated_vus: 1, max_vus: 1 };
        let executor = ConstantArrivalRate {
            rate,
            time_unit: Duration::from_secs(time_unit),
            duration: Duration::from_millis(milliseconds),
            arrivals: Arrivals::Even,
            allowance,
        };
        executor.dues(&Share::whole(), 0).map(nanos).collect()
    }

    #[test]
    fn iterations_are_due_at_multiples_of_the_period() {
        let every = |period: u64, count: u64| (0..count).map(|k| k * period).collect::<Vec<_>>();
        assert_eq!(dues(10, 1, 3000), every(100_000_000, 30));
        assert_eq!(dues(1, 60, 1000), [0]);
        assert_eq!(dues(3, 1, 1000), [0, 333_333_333, 666_666_666, 999_999_999], "whole nanoseconds");
    }

    #[test]
    fn without_virtual_users_on_a_worker_it_has_no_iterations() {
        let allowance = Allowance { pre_allocated_vus: 1, max_vus: 1 };
        let shares = [0, 1].map(|worker| allowance.iterations(&Share::whole(), 2, worker));
        assert_eq!(shares[0].indices().take(3).collect::<Vec<_>>(), [0, 1, 2]);
        assert_eq!(shares[1].indices().next(), None);
    }
}
