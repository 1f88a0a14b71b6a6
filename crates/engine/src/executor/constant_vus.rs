//! constant-vus: a fixed number of virtual users loop for a while.
//!
//! Starts: all virtual users at once; each starts its next iteration as soon as the last one has ended.
//! Stops: after `duration` no iteration starts; running ones have the graceful stop to end.
//! Drops: nothing.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Executor, Lane, Load, Loop, Need};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

/// The settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConstantVus {
    /// How many virtual users.
    pub vus: u64,
    /// How long they start iterations.
    pub duration: Duration,
}

impl ConstantVus {
    pub(super) const NAME: &'static str = "constant-vus";

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        Self { vus: fields.integer("vus", 1), duration: fields.required_duration("duration") }
    }
}

impl Executor for ConstantVus {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        super::check_vus(self.vus, problems);
        super::check_second("duration", self.duration, problems);
    }

    fn length(&self) -> Duration {
        self.duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        Need::until(self.duration.saturating_add(graceful_stop), share.scale(self.vus), 0)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let vus = share.scale(self.vus);
        (format!("{vus} looping VUs for {}", duration::format(self.duration)), Vec::new())
    }

    fn load(&self) -> Option<Load> {
        Some(Load::constant(self.vus, self.duration, None))
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("vus".into(), self.vus.into());
        object.insert("duration".into(), duration::format(self.duration).into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(self.vus);
            lane.start_vus(lane.share().scale(self.vus), Loop::Forever).await;
            lane.sleep_until(self.duration).await;
        })
    }
}
