//! shared-iterations: virtual users share a number of iterations.
//!
//! Starts: all virtual users at once; each takes the next iteration of the common stock as soon as it is free.
//! Stops: when the stock is empty and the running iterations have ended, or after `maxDuration`; then running ones
//! have the graceful stop to end.
//! Drops: what is left of the stock at `maxDuration`.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Executor, Lane, Loop, MAX_DURATION, Need};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedIterations {
    /// How many virtual users.
    pub vus: u64,
    /// How many iterations they share.
    pub iterations: u64,
    /// How long iterations may start.
    pub max_duration: Duration,
}

impl SharedIterations {
    pub(super) const NAME: &'static str = "shared-iterations";

    /// Settings with k6's default for how long they may take.
    pub fn new(vus: u64, iterations: u64, max_duration: Option<Duration>) -> Self {
        Self { vus, iterations, max_duration: max_duration.unwrap_or(MAX_DURATION) }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            vus: fields.integer("vus", 1),
            iterations: fields.integer("iterations", 1),
            max_duration: fields.duration("maxDuration", MAX_DURATION),
        }
    }
}

impl Executor for SharedIterations {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        super::check_vus(self.vus, problems);
        let Self { vus, iterations, .. } = self;
        let message = format!("{iterations} can't be fewer than the {vus} VUs that share them");
        problems.check(iterations >= vus, "iterations", message);
        super::check_second("maxDuration", self.max_duration, problems);
    }

    fn length(&self) -> Duration {
        self.max_duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        Need::until(self.max_duration.saturating_add(graceful_stop), share.scale(self.vus), 0)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let iterations = self.iterations(share).unwrap_or_default();
        let what = format!("{iterations} iterations shared among {} VUs", share.scale(self.vus));
        (what, vec![format!("maxDuration: {}", duration::format(self.max_duration))])
    }

    fn iterations(&self, share: &Share) -> Option<u64> {
        Some(share.in_proportion_to(self.vus).scale(self.iterations))
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("vus".into(), self.vus.into());
        object.insert("iterations".into(), self.iterations.into());
        object.insert("maxDuration".into(), duration::format(self.max_duration).into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            // The stock is this process's; every worker takes from it, so that no thread runs dry before another.
            lane.open_stock(self.vus, self.iterations);
            lane.start_vus(lane.share().scale(self.vus), Loop::Stock).await;
            if lane.outlasts(self.max_duration).await {
                lane.drop_stock();
            }
        })
    }
}
