//! The audience of a run is its watchers with what reaches them: events, ticks and raw samples.

use std::sync::Arc;

use super::controller::{Controller, Decision};
use super::observer::{RunEvent, Tick, Warning};
use super::samples::{SampleBatch, SampleQueues};
use super::thresholds::AbortOnFail;
use super::watchers::Watchers;
use crate::abort::AbortReason;

/// All who are told of a run.
pub(super) struct Audience<'a> {
    watchers: Watchers<'a>,
    /// Which of the observers want raw samples.
    wants_samples: Vec<bool>,
    thresholds: AbortOnFail,
    samples: SampleQueues,
    told_of_dropped: bool,
}

impl<'a> Audience<'a> {
    pub(super) fn new(watchers: Watchers<'a>, thresholds: AbortOnFail, samples: SampleQueues) -> Self {
        let wants_samples = watchers.observers.iter().map(|observer| observer.wants_samples()).collect();
        Self { watchers, wants_samples, thresholds, samples, told_of_dropped: false }
    }

    pub(super) fn tell(&mut self, event: &RunEvent) {
        self.watchers.observers.iter_mut().for_each(|observer| observer.on_event(event));
        self.watchers.controllers.iter_mut().for_each(|controller| controller.on_event(event));
    }

    /// Shows a tick to all, and answers why the run should end, if it should.
    pub(super) fn show(&mut self, tick: &Tick<'_>) -> Vec<AbortReason> {
        self.watchers.observers.iter_mut().for_each(|observer| observer.on_tick(tick));
        let given = self.watchers.controllers.iter_mut().map(|controller| controller.on_tick(tick));
        let decisions: Vec<Decision> = given.chain([self.thresholds.on_tick(tick)]).collect();
        let reason = |decision| match decision {
            Decision::Continue => None,
            Decision::Abort(reason) => Some(reason),
        };
        decisions.into_iter().filter_map(reason).collect()
    }

    /// Waits for raw samples.
    pub(super) async fn next_samples(&mut self) -> SampleBatch {
        self.samples.next().await
    }

    pub(super) fn hand_over(&mut self, batch: SampleBatch) {
        let batch = Arc::new(batch);
        for (observer, _) in
            self.watchers.observers.iter_mut().zip(&self.wants_samples).filter(|(_, wants)| **wants)
        {
            observer.on_samples(&batch);
        }
    }

    /// Hands over the raw samples that have come, and answers how many were dropped so far.
    pub(super) fn hand_over_arrived(&mut self) -> u64 {
        for batch in self.samples.arrived() {
            self.hand_over(batch);
        }
        let dropped = self.samples.dropped();
        if dropped > 0 && !std::mem::replace(&mut self.told_of_dropped, true) {
            self.tell(&RunEvent::Warning(Warning::DroppedSamples));
        }
        dropped
    }
}
