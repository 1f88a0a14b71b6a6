//! steered-arrival-rate: iterations start at a rate that is set while the test runs. Only programs ask for it.
//!
//! Starts: iteration n, counted from one, when the area under the rate reaches n; or at random, see [`Arrivals`]. Times are
//! absolute: a late one is made up for, not skipped.
//! Stops: after `duration` no iteration starts; running ones have the graceful stop to end.
//! Drops: as with constant-arrival-rate.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::super::{Allowance, Arrivals, Executor, Lane, Need, Told, check_second};
use super::Dial;
use crate::duration;
use crate::problem::Problems;
use crate::segment::Share;

/// How often executors look whether the load was set anew.
pub(in crate::executor) const LOOK: Duration = Duration::from_millis(10);

/// The settings.
#[derive(Clone, Debug)]
pub struct SteeredArrivalRate {
    /// The rate that is set, in iterations a second.
    pub dial: Arc<Dial>,
    /// How many iterations start for each that is set.
    pub share: f64,
    /// How long iterations start at most.
    pub duration: Duration,
    /// How the iterations are spread in time.
    pub arrivals: Arrivals,
    /// The virtual users.
    pub allowance: Allowance,
}

impl PartialEq for SteeredArrivalRate {
    fn eq(&self, other: &Self) -> bool {
        let rest = |one: &Self| (one.share, one.duration, one.arrivals, one.allowance);
        Arc::ptr_eq(&self.dial, &other.dial) && rest(self) == rest(other)
    }
}

impl Eq for SteeredArrivalRate {}

impl SteeredArrivalRate {
    pub(in crate::executor) const NAME: &'static str = "steered-arrival-rate";

    /// What is next for a share, as far as the dial says; asked in rising order of time.
    fn dues<'a>(&'a self, share: &'a Share, seed: u64) -> impl FnMut() -> Told + 'a {
        let (mut indices, mut view) = (share.indices(), self.dial.view());
        let mut stream = self.arrivals.stream(seed);
        let mut area =
            move |index: u64| stream.as_mut().map_or((index + 1) as f64, |stream| stream.area(index));
        let mut wanted = None;
        let (mut next, mut now) = (indices.next(), Duration::ZERO);
        move || {
            let Some(index) = next.filter(|_| now < self.duration) else { return Told::Over };
            let wanted_area = *wanted.get_or_insert_with(|| area(index));
            let due = view.reaches(wanted_area, self.share);
            match due.filter(|due| *due <= now.saturating_add(LOOK)) {
                Some(due) => {
                    next = indices.next();
                    wanted = None;
                    now = now.max(due);
                    Told::Due(due)
                }
                None => {
                    now = now.saturating_add(LOOK);
                    Told::Wait(now)
                }
            }
        }
    }
}

impl Executor for SteeredArrivalRate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        check_second("duration", self.duration, problems);
        self.allowance.validate(problems);
    }

    fn length(&self) -> Duration {
        self.duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        self.allowance.needs(share, self.duration.saturating_add(graceful_stop))
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let what = format!("a rate that is set as it runs, for up to {}", duration::format(self.duration));
        (what, self.arrivals.notes(self.allowance.describe(share)))
    }

    fn rate(&self, at: Duration) -> Option<f64> {
        Some(self.dial.load(at) * self.share)
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("duration".into(), duration::format(self.duration).into());
        self.arrivals.write(object);
        self.allowance.write(object);
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            let share = lane.iterations_of(&self.allowance);
            lane.arrive_as_told(&self.allowance, &share, Box::new(self.dues(&share, lane.seed()))).await;
            lane.sleep_until(self.duration).await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn milliseconds(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    #[test]
    fn iterations_are_due_as_the_dial_says_and_nothing_is_skipped() {
        let allowance = Allowance { pre_allocated_vus: 1, max_vus: 1 };
        let dial = Arc::new(Dial::new());
        let executor = SteeredArrivalRate {
            dial,
            share: 1.0,
            duration: milliseconds(1000),
            arrivals: Arrivals::Even,
            allowance,
        };
        let share = Share::whole();
        let mut next = executor.dues(&share, 0);
        assert_eq!(next(), Told::Wait(milliseconds(10)));
        executor.dial.set(milliseconds(30), 100.0);
        executor.dial.set(milliseconds(60), 200.0);
        let told: Vec<Told> =
            std::iter::repeat_with(&mut next).take_while(|told| *told != Told::Over).collect();
        let due = |told: &Told| match told {
            Told::Due(at) => Some(at.as_millis() as u64),
            _ => None,
        };
        let dues: Vec<u64> = told.iter().filter_map(due).collect();
        assert_eq!(dues[..5], [40, 50, 60, 65, 70]);
        assert_eq!(dues.len(), 3 + 188);
        assert_eq!(next(), Told::Over);
    }
}
