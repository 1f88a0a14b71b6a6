//! The kinds of executors, in one table.

use std::time::Duration;

use super::{
    Arrivals, ConstantArrivalRate, ConstantVus, Executor, ExternallyControlled,
    ExternallyControlledArrivalRate, Load, Need, PerVuIterations, PlayedVus, RampingArrivalRate, RampingVus,
    RateError, Scale, SharedIterations, SteeredArrivalRate, SteeredVus,
};
use crate::fields::Fields;
use crate::segment::Share;

/// An executor with its settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExecutorConfig {
    /// Virtual users share a number of iterations.
    SharedIterations(SharedIterations),
    /// Every virtual user runs a number of iterations.
    PerVuIterations(PerVuIterations),
    /// A fixed number of virtual users loop.
    ConstantVus(ConstantVus),
    /// A changing number of virtual users loop.
    RampingVus(RampingVus),
    /// Iterations start at a fixed rate.
    ConstantArrivalRate(ConstantArrivalRate),
    /// Iterations start at a changing rate.
    RampingArrivalRate(RampingArrivalRate),
    /// Virtual users loop whose number is set from outside.
    ExternallyControlled(ExternallyControlled),
    /// Iterations start at a rate that is set from outside.
    ExternallyControlledArrivalRate(ExternallyControlledArrivalRate),
    /// Iterations start at a rate that is set while the test runs.
    SteeredArrivalRate(SteeredArrivalRate),
    /// Virtual users loop whose number is set while the test runs.
    SteeredVus(SteeredVus),
    /// A behaviour plays virtual users by itself.
    PlayedVus(PlayedVus),
}

/// Reads an executor's own fields.
pub(crate) type Read = fn(&mut Fields<'_>) -> ExecutorConfig;

/// Every executor that a test can ask for by its name, with how it is read. Those that are steered are not among them.
pub(crate) const EXECUTORS: [(&str, Read); 8] = [
    (SharedIterations::NAME, |fields| ExecutorConfig::SharedIterations(SharedIterations::read(fields))),
    (PerVuIterations::NAME, |fields| ExecutorConfig::PerVuIterations(PerVuIterations::read(fields))),
    (ConstantVus::NAME, |fields| ExecutorConfig::ConstantVus(ConstantVus::read(fields))),
    (RampingVus::NAME, |fields| ExecutorConfig::RampingVus(RampingVus::read(fields))),
    (ConstantArrivalRate::NAME, |fields| {
        ExecutorConfig::ConstantArrivalRate(ConstantArrivalRate::read(fields))
    }),
    (RampingArrivalRate::NAME, |fields| ExecutorConfig::RampingArrivalRate(RampingArrivalRate::read(fields))),
    (ExternallyControlled::NAME, |fields| {
        ExecutorConfig::ExternallyControlled(ExternallyControlled::read(fields))
    }),
    (ExternallyControlledArrivalRate::NAME, |fields| {
        ExecutorConfig::ExternallyControlledArrivalRate(ExternallyControlledArrivalRate::read(fields))
    }),
];

impl ExecutorConfig {
    /// The executor's name in scripts.
    pub fn name(&self) -> &'static str {
        self.inner().name()
    }

    /// How long iterations may start, at most; graceful stop comes on top.
    pub fn length(&self) -> Duration {
        self.inner().length()
    }

    /// The virtual users that a share of it needs over time, up to the end of the graceful stop.
    pub fn needs(&self, share: &Share, graceful_stop: Duration) -> Vec<Need> {
        self.inner().needs(share, graceful_stop)
    }

    /// How many iterations a share of it runs, where that is fixed.
    pub fn iterations(&self, share: &Share) -> Option<u64> {
        self.inner().iterations(share)
    }

    /// How many iterations should start per second at a moment after its start, over all segments.
    pub fn rate(&self, at: Duration) -> Option<f64> {
        self.inner().rate(at)
    }

    /// How iterations that start at a rate are spread in time; none where virtual users loop.
    pub fn arrivals(&self) -> Option<Arrivals> {
        match self {
            Self::ConstantArrivalRate(executor) => Some(executor.arrivals),
            Self::RampingArrivalRate(executor) => Some(executor.arrivals),
            Self::ExternallyControlledArrivalRate(executor) => Some(executor.steered().arrivals),
            Self::SteeredArrivalRate(executor) => Some(executor.arrivals),
            _ => None,
        }
    }

    /// Spreads iterations that start at a rate like this; nothing changes where virtual users loop.
    pub fn set_arrivals(&mut self, arrivals: Arrivals) {
        match self {
            Self::ConstantArrivalRate(executor) => executor.arrivals = arrivals,
            Self::RampingArrivalRate(executor) => executor.arrivals = arrivals,
            Self::ExternallyControlledArrivalRate(executor) => executor.steered_mut().arrivals = arrivals,
            Self::SteeredArrivalRate(executor) => executor.arrivals = arrivals,
            _ => {}
        }
    }

    /// How many virtual users loop, where that is set from outside.
    pub(crate) fn scale(&self) -> Option<&Scale> {
        match self {
            Self::ExternallyControlled(executor) => Some(executor.scale()),
            _ => None,
        }
    }

    /// Sets the rate of one whose rate is set from outside, in iterations a second, at a moment of its scenario.
    pub(crate) fn set_rate(&self, now: Duration, rate: f64) -> Result<(), RateError> {
        match self {
            Self::ExternallyControlledArrivalRate(executor) => executor.set(now, rate),
            _ => Err(RateError::NoScenario),
        }
    }

    /// The load that it orders over time; none where that is not known before.
    pub(crate) fn load(&self) -> Option<Load> {
        self.inner().load()
    }

    pub(crate) fn inner(&self) -> &dyn Executor {
        match self {
            Self::SharedIterations(executor) => executor,
            Self::PerVuIterations(executor) => executor,
            Self::ConstantVus(executor) => executor,
            Self::RampingVus(executor) => executor,
            Self::ConstantArrivalRate(executor) => executor,
            Self::RampingArrivalRate(executor) => executor,
            Self::ExternallyControlled(executor) => executor,
            Self::ExternallyControlledArrivalRate(executor) => executor,
            Self::SteeredArrivalRate(executor) => executor,
            Self::SteeredVus(executor) => executor,
            Self::PlayedVus(executor) => executor,
        }
    }
}
