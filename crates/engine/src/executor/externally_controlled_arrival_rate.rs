//! externally-controlled-arrival-rate: iterations start at a rate that is set from outside while the test runs.
//!
//! Starts: as with constant-arrival-rate, at the rate that is set; a new one counts from [`AHEAD`] after it was set.
//! Stops: after `duration` no iteration starts; running ones have the graceful stop to end. A `duration` of 0 never ends.
//! Drops: as with constant-arrival-rate.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::LocalBoxFuture;
use serde_json::{Map, Value};

use super::externally_controlled::{how_long, whole};
use super::steered::LOOK;
use super::{Allowance, Dial, Executor, Lane, Need, SteeredArrivalRate};
use crate::duration;
use crate::fields::Fields;
use crate::problem::Problems;
use crate::segment::Share;

/// How far ahead a rate is set, so that all workers know of it in time.
pub(crate) const AHEAD: Duration = LOOK.saturating_mul(3);

/// The highest rate that may be set, in iterations a second.
const MOST: f64 = 1e6;

/// The settings.
#[derive(Clone, Debug)]
pub struct ExternallyControlledArrivalRate {
    /// How many iterations start per time unit at first.
    pub rate: u64,
    /// The time unit.
    pub time_unit: Duration,
    /// How long iterations start; 0 until the test is ended.
    pub duration: Duration,
    /// The rate that is set, and how it is followed.
    steered: SteeredArrivalRate,
}

impl PartialEq for ExternallyControlledArrivalRate {
    fn eq(&self, other: &Self) -> bool {
        let settings =
            |one: &Self| (one.rate, one.time_unit, one.duration, one.steered.arrivals, one.steered.allowance);
        settings(self) == settings(other)
    }
}

impl Eq for ExternallyControlledArrivalRate {}

/// Why a rate cannot be set.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RateError {
    /// There is no scenario whose rate is set from outside.
    #[error(
        "no scenario has the executor externally-controlled-arrival-rate, whose rate can be set from outside"
    )]
    NoScenario,
    /// It is no rate.
    #[error("{0} is no rate: use 0 to 1000000 iterations a second")]
    Absurd(f64),
}

impl ExternallyControlledArrivalRate {
    pub(super) const NAME: &'static str = "externally-controlled-arrival-rate";

    pub(super) fn read(fields: &mut Fields<'_>) -> Self {
        let rate = fields.required_integer("rate");
        let time_unit = fields.duration("timeUnit", Duration::from_secs(1));
        let duration = fields.required_duration("duration");
        let arrivals = fields.parsed("arrivals").unwrap_or_default();
        let allowance = Allowance::read(fields);
        let dial = Arc::new(Dial::new());
        dial.set(Duration::ZERO, rate as f64 / time_unit.as_secs_f64().max(f64::MIN_POSITIVE));
        let steered = SteeredArrivalRate { dial, share: 1.0, duration: whole(duration), arrivals, allowance };
        Self { rate, time_unit, duration, steered }
    }

    /// How it is steered.
    pub fn steered(&self) -> &SteeredArrivalRate {
        &self.steered
    }

    /// The same, to be changed before the test.
    pub(super) fn steered_mut(&mut self) -> &mut SteeredArrivalRate {
        &mut self.steered
    }

    /// Sets the rate, in iterations a second, at a moment of the scenario.
    pub(super) fn set(&self, now: Duration, rate: f64) -> Result<(), RateError> {
        if !(rate.is_finite() && (0.0..=MOST).contains(&rate)) {
            return Err(RateError::Absurd(rate));
        }
        self.steered.dial.set(now.saturating_add(AHEAD), rate);
        Ok(())
    }
}

impl Executor for ExternallyControlledArrivalRate {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn validate(&self, problems: &mut Problems) {
        problems.check(!self.time_unit.is_zero(), "timeUnit", "must be more than 0");
        let rate = self.steered.dial.load(Duration::ZERO);
        problems.check(self.time_unit.is_zero() || rate <= MOST, "rate", "is more than 1000000 a second");
        if !self.duration.is_zero() {
            super::check_second("duration", self.duration, problems);
        }
        self.steered.allowance.validate(problems);
    }

    fn length(&self) -> Duration {
        self.steered.duration
    }

    fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        self.steered.needs(share, graceful_stop)
    }

    fn describe(&self, share: &Share) -> (String, Vec<String>) {
        let rate = self.steered.dial.load(Duration::ZERO) * share.fraction();
        let length = how_long(self.duration);
        let notes = self.steered.arrivals.notes(self.steered.allowance.describe(share));
        (format!("{rate:.2} iterations/s at first, set from outside {length}"), notes)
    }

    fn rate(&self, at: Duration) -> Option<f64> {
        self.steered.rate(at)
    }

    fn write(&self, object: &mut Map<String, Value>) {
        object.insert("rate".into(), self.rate.into());
        object.insert("timeUnit".into(), duration::format(self.time_unit).into());
        object.insert("duration".into(), duration::format(self.duration).into());
        self.steered.arrivals.write(object);
        self.steered.allowance.write(object);
    }

    fn run<'a>(&'a self, lane: &'a dyn Lane) -> LocalBoxFuture<'a, ()> {
        self.steered.run(lane)
    }
}
