//! per-vu-iterations: every virtual user runs a number of iterations.
//!
//! Starts: all virtual users at once; each starts its next iteration as soon as the last one has ended.
//! Stops: when every virtual user has run its iterations, or after `maxDuration`; then running ones have the graceful
//! stop to end.
//! Drops: what a virtual user has not started by `maxDuration`.

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
pub struct PerVuIterations {
    /// How many virtual users.
    pub vus: u64,
    /// How many iterations each of them runs.
    pub iterations: u64,
    /// How long iterations may start.
    pub max_duration: Duration,
}

impl Default for PerVuIterations {
    fn default() -> Self {
        Self { vus: 1, iterations: 1, max_duration: MAX_DURATION }
    }
}

impl PerVuIterations {
    pub(super) const NAME: &'static str = "per-vu-iterations";

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self {
            vus: fields.integer("vus", 1),
            iterations: fields.integer("iterations", 1),
            max_duration: fields.duration("maxDuration", MAX_DURATION),
        }
    }
}

impl Executor for PerVuIterations {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        super::check_vus(self.vus, problems);
        problems.check(self.iterations > 0, "iterations", "must be more than 0");
        super::check_second("maxDuration", self.max_duration, problems);
    }

    fn length(&self) -> Duration {
        self.max_duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        Need::until(self.max_duration.saturating_add(graceful_stop), share.scale(self.vus), 0)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let what = format!("{} iterations for each of {} VUs", self.iterations, share.scale(self.vus));
        (what, vec![format!("maxDuration: {}", duration::format(self.max_duration))])
    }

    fn iterations(&self, share: &Share) -> Option<u64> {
        Some(share.scale(self.vus).saturating_mul(self.iterations))
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("vus".into(), self.vus.into());
        object.insert("iterations".into(), self.iterations.into());
        object.insert("maxDuration".into(), duration::format(self.max_duration).into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(self.vus);
            lane.start_vus(lane.share().scale(self.vus), Loop::Times(self.iterations)).await;
            lane.outlasts(self.max_duration).await;
        })
    }
}
