//! played-vus: a behaviour plays virtual users by itself, in one iteration that ends when it ends them. Only programs ask
//! for it.
//!
//! Starts: one iteration, at once; inside of it the behaviour starts its virtual users as ordered here.
//! Stops: when that iteration has ended, which is the behaviour's own affair.
//! Drops: what the behaviour says it dropped.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::interface::Load;
use super::{Executor, Lane, Loop, Need, Stage};
use crate::duration;
use crate::problem::Problems;
use crate::segment::Share;

/// As long as any run may last.
const EVER: Duration = Duration::from_secs(10 * 365 * 24 * 3600);

/// What is ordered: virtual users that come one after the other and stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlayedVus {
    /// How many virtual users; none where that is decided as the test runs.
    pub vus: Option<u64>,
    /// How long it takes until all are there.
    pub ramp: Duration,
    /// How long they stay, the ramp included; none where that is decided as the test runs.
    pub duration: Option<Duration>,
    /// How many iterations are due in how long; none where each virtual user loops.
    pub rate: Option<(u64, Duration)>,
}

impl PlayedVus {
    pub(super) const NAME: &'static str = "played-vus";
}

impl Executor for PlayedVus {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        if let Some(vus) = self.vus {
            super::check_vus(vus, problems);
        }
    }

    fn length(&self) -> Duration {
        self.duration.unwrap_or(EVER)
    }

    fn needs(&self, share: &Share, _: Duration) -> Vec<Need> {
        Need::until(EVER, share.scale(1), 0)
    }

    fn describe(&self, _: &Share) -> (String, Vec<String>) {
        let users =
            self.vus.map_or_else(|| "users as the test says".to_owned(), |vus| format!("{vus} users"));
        let length = self.duration.map(|length| format!(" for {}", duration::format(length)));
        (format!("{users}{}", length.unwrap_or_default()), Vec::new())
    }

    fn load(&self) -> Option<Load> {
        let duration = self.duration?;
        if let Some((rate, time_unit)) = self.rate {
            return Some(Load::constant(rate, duration, Some(time_unit)));
        }
        let (vus, ramp) = (self.vus?, self.ramp.min(duration));
        let hold = Stage { duration: duration - ramp, target: vus };
        match ramp.is_zero() {
            true => Some(Load::constant(vus, duration, None)),
            false => Some(Load {
                from: 1,
                stages: vec![Stage { duration: ramp, target: vus }, hold],
                time_unit: None,
            }),
        }
    }

    fn write(&self, object: &mut Map<String, Value>) {
        if let Some(vus) = self.vus {
            object.insert("vus".into(), vus.into());
        }
        object.insert("ramp".into(), duration::format(self.ramp).into());
        if let Some(length) = self.duration {
            object.insert("duration".into(), duration::format(length).into());
        }
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        Box::pin(async move {
            lane.number_by(1);
            lane.start_vus(lane.share().scale(1), Loop::Times(1)).await;
            lane.outlasts(EVER).await;
        })
    }
}
