//! steered-vus: virtual users loop whose number is set while the test runs. Only programs ask for it.
//!
//! Starts: virtual users when the number rises, within [`LOOK`]; each starts its next iteration when the last one has
//! ended.
//! Stops: virtual users when the number falls, after their running iteration; after `duration` no iteration starts.
//! Drops: nothing.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::super::{Executor, Lane, Loop, LoopingVu, Need, check_second, check_vus};
use super::Dial;
use crate::duration;
use crate::problem::Problems;
use crate::segment::Share;

/// How often it looks whether the number was set anew.
const LOOK: Duration = Duration::from_millis(20);

/// The settings.
#[derive(Clone, Debug)]
pub struct SteeredVus {
    /// The number that is set.
    pub dial: Arc<Dial>,
    /// How many virtual users loop for each that is set.
    pub share: f64,
    /// The most there may be.
    pub max_vus: u64,
    /// How long iterations start at most.
    pub duration: Duration,
    /// How long running iterations may go on when the number falls.
    pub graceful_ramp_down: Duration,
}

impl PartialEq for SteeredVus {
    fn eq(&self, other: &Self) -> bool {
        let rest = |one: &Self| (one.share, one.max_vus, one.duration, one.graceful_ramp_down);
        Arc::ptr_eq(&self.dial, &other.dial) && rest(self) == rest(other)
    }
}

impl Eq for SteeredVus {}

impl SteeredVus {
    pub(in crate::executor) const NAME: &'static str = "steered-vus";

    /// How many virtual users of a share loop at a moment.
    fn vus(&self, share: &Share, at: Duration) -> usize {
        let all = (self.dial.load(at) * self.share).round() as u64;
        usize::try_from(share.scale(all.min(self.max_vus))).unwrap_or(usize::MAX)
    }
}

impl Executor for SteeredVus {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        check_vus(self.max_vus, problems);
        check_second("duration", self.duration, problems);
    }

    fn length(&self) -> Duration {
        self.duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        Need::until(self.duration.saturating_add(graceful_stop), share.scale(self.max_vus), 0)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let (most, length) = (share.scale(self.max_vus), duration::format(self.duration));
        (format!("Up to {most} looping VUs, set as it runs, for up to {length}"), Vec::new())
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("duration".into(), duration::format(self.duration).into());
        object.insert("maxVUs".into(), self.max_vus.into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(self.max_vus);
            let mut handles: Vec<Option<Box<dyn LoopingVu>>> = Vec::new();
            let (mut looping, mut now) = (0, Duration::ZERO);
            while now < self.duration {
                let vus = self.vus(lane.share(), now);
                handles.resize_with(handles.len().max(vus), || None);
                for handle in handles.iter_mut().take(vus).skip(looping) {
                    if !handle.as_ref().is_some_and(|vu| vu.resume()) {
                        *handle = lane.start_vu(Loop::Forever).await;
                    }
                }
                let deadline = now.saturating_add(self.graceful_ramp_down);
                handles.iter().take(looping).skip(vus).rev().flatten().for_each(|vu| vu.stop_by(deadline));
                looping = vus;
                now = now.saturating_add(LOOK).min(self.duration);
                lane.sleep_until(now).await;
            }
        })
    }
}
