//! externally-controlled: virtual users loop whose number is set from outside while the test runs.
//!
//! Starts: virtual users when the number rises, within [`LOOK`]; each starts its next iteration when the last one has
//! ended. `maxVUs` are initialized before the test; more of them, should that number rise, when they are needed.
//! Stops: virtual users when the number falls, after their running iteration; after `duration` no iteration starts, and
//! running ones are interrupted unless there is a `gracefulStop`. A `duration` of 0 never ends.
//! Drops: nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::{Executor, Lane, Loop, LoopingVu, Need};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

/// How often it looks whether the number was set anew.
const LOOK: Duration = Duration::from_millis(20);

/// How long a test lasts that never ends by itself: a hundred years.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 3600);

/// How long the running iteration of a virtual user that is to stop may go on.
const GRACE: Duration = Duration::from_secs(30);

/// The settings.
#[derive(Clone, Debug)]
pub struct ExternallyControlled {
    /// How many virtual users there are at the start.
    pub vus: u64,
    /// How many there may be.
    pub max_vus: u64,
    /// How long iterations start; 0 until the test is ended.
    pub duration: Duration,
    /// How many there are while the test runs.
    scale: Arc<Scale>,
}

impl PartialEq for ExternallyControlled {
    fn eq(&self, other: &Self) -> bool {
        let settings = |one: &Self| (one.vus, one.max_vus, one.duration);
        settings(self) == settings(other)
    }
}

impl Eq for ExternallyControlled {}

/// How many virtual users loop, and how many may: set from outside.
#[derive(Debug)]
pub struct Scale {
    vus: AtomicU64,
    max_vus: AtomicU64,
}

/// Why a number of virtual users cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScaleError {
    /// There are more than there may be.
    #[error("{vus} VUs are more than the {max_vus} that there may be: raise vus-max as well")]
    TooMany {
        /// How many there are to be.
        vus: u64,
        /// How many there may be.
        max_vus: u64,
    },
    /// There are more than anybody needs.
    #[error("at most {MOST} VUs")]
    Absurd,
}

/// The most virtual users that may be asked for.
const MOST: u64 = 1_000_000;

impl Scale {
    /// How many virtual users loop.
    pub fn vus(&self) -> u64 {
        self.vus.load(Ordering::Relaxed)
    }

    /// How many there may be.
    pub fn max_vus(&self) -> u64 {
        self.max_vus.load(Ordering::Relaxed)
    }

    /// Sets the numbers that are given.
    pub fn set(&self, vus: Option<u64>, max_vus: Option<u64>) -> Result<(), ScaleError> {
        let max = max_vus.unwrap_or_else(|| self.max_vus());
        let all = vus.unwrap_or_else(|| self.vus());
        if max > MOST {
            return Err(ScaleError::Absurd);
        }
        if all > max {
            return Err(ScaleError::TooMany { vus: all, max_vus: max });
        }
        self.max_vus.store(max, Ordering::Relaxed);
        self.vus.store(all, Ordering::Relaxed);
        Ok(())
    }
}

impl ExternallyControlled {
    pub(super) const NAME: &'static str = "externally-controlled";

    /// That many virtual users at the start.
    pub fn new(vus: u64, max_vus: u64, duration: Duration) -> Self {
        let scale = Scale { vus: AtomicU64::new(vus), max_vus: AtomicU64::new(max_vus) };
        Self { vus, max_vus, duration, scale: Arc::new(scale) }
    }

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let vus = fields.integer("vus", 0);
        let max_vus = fields.integer("maxVUs", vus);
        Self::new(vus, max_vus, fields.required_duration("duration"))
    }

    /// How many virtual users loop, for whoever sets it.
    pub(super) fn scale(&self) -> &Scale {
        &self.scale
    }
}

/// How long iterations start, of a `duration` of which 0 never ends.
pub(super) fn whole(duration: Duration) -> Duration {
    if duration.is_zero() { FOREVER } else { duration }
}

/// The same for people.
pub(super) fn how_long(duration: Duration) -> String {
    match duration {
        Duration::ZERO => "until it is stopped".to_owned(),
        duration => format!("for {}", duration::format(duration)),
    }
}

impl Executor for ExternallyControlled {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(self.max_vus > 0, "maxVUs", "must be more than 0");
        problems.check(self.vus <= self.max_vus, "vus", "can't be more than maxVUs");
    }

    fn length(&self) -> Duration {
        whole(self.duration)
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        Need::until(whole(self.duration).saturating_add(graceful_stop), share.scale(self.max_vus), 0)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let (vus, most) = (share.scale(self.vus), share.scale(self.max_vus));
        let length = how_long(self.duration);
        (format!("{vus} looping VUs, up to {most}, set from outside {length}"), Vec::new())
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("vus".into(), self.vus.into());
        object.insert("maxVUs".into(), self.max_vus.into());
        object.insert("duration".into(), duration::format(self.duration).into());
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(self.max_vus);
            let planned = usize::try_from(lane.share().scale(self.max_vus)).unwrap_or(usize::MAX);
            let mut handles: Vec<Option<Box<dyn LoopingVu>>> = Vec::new();
            let (mut looping, mut now, end) = (0, Duration::ZERO, whole(self.duration));
            while now < end {
                let vus = usize::try_from(lane.share().scale(self.scale.vus())).unwrap_or(usize::MAX);
                handles.resize_with(handles.len().max(vus), || None);
                for (at, handle) in handles.iter_mut().enumerate().take(vus).skip(looping) {
                    if !handle.as_ref().is_some_and(|vu| vu.resume()) {
                        *handle = match at < planned {
                            true => lane.start_vu(Loop::Forever).await,
                            false => lane.start_unplanned_vu(Loop::Forever).await,
                        };
                    }
                }
                let deadline = now.saturating_add(GRACE);
                handles.iter().take(looping).skip(vus).rev().flatten().for_each(|vu| vu.stop_by(deadline));
                looping = vus;
                now = now.saturating_add(LOOK).min(end);
                lane.sleep_until(now).await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_make_no_sense_change_nothing() {
        let executor = ExternallyControlled::new(5, 10, Duration::ZERO);
        let scale = executor.scale();
        for (vus, max, found, left) in [
            (Some(7), None, Ok(()), (7, 10)),
            (Some(11), None, Err(ScaleError::TooMany { vus: 11, max_vus: 10 }), (7, 10)),
            (None, Some(6), Err(ScaleError::TooMany { vus: 7, max_vus: 6 }), (7, 10)),
            (Some(11), Some(20), Ok(()), (11, 20)),
            (None, Some(u64::MAX), Err(ScaleError::Absurd), (11, 20)),
        ] {
            assert_eq!(scale.set(vus, max), found);
            assert_eq!((scale.vus(), scale.max_vus()), left);
        }
    }
}
