//! The whole of a run is what all who make it have measured, as its audience sees it.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_metrics::{Builtin, Interval, Portable, PortableError, Shard, Totals};

use super::super::audience::Audience;
use super::super::observer::{RunEvent, Tick, Warning};
use super::super::samples::shards;
use super::super::test::{RunResult, StageError, TestConfig, ThresholdResult};
use super::super::thresholds::{AbortOnFail, evaluate};
use super::super::watchers::Watchers;
use crate::state::Control;

/// All samples of a run, its thresholds, and those who watch it.
pub struct Whole<'a> {
    test: Arc<TestConfig>,
    control: Arc<Control>,
    pub(in super::super) audience: Audience<'a>,
    totals: Totals,
    /// The run's own samples, as one more worker.
    pub(in super::super) shard: Shard,
    /// The end of the last interval that was shown: the beginning of the next one.
    pub(in super::super) shown: Duration,
}

/// How a run ended.
#[derive(Debug, Default)]
pub struct Ended {
    /// How long it lasted.
    pub elapsed: Duration,
    /// When scenarios ran.
    pub load: Option<Range<Duration>>,
    /// How many workers did not answer in the end.
    pub lost_workers: u64,
    /// Errors of initialization, setup and teardown.
    pub errors: Vec<StageError>,
}

impl<'a> Whole<'a> {
    /// The whole of a run that other processes make; its workers are theirs, and one for setup and teardown.
    pub fn new(mut test: TestConfig, control: &Arc<Control>, watchers: Watchers<'a>) -> Self {
        test.workers = 1;
        let test = Arc::new(test);
        let (mut own, queues) = shards(1, &test.plan, control, None);
        let audience = Audience::new(watchers, AbortOnFail(test.clone()), queues);
        Self::over(test, control.clone(), audience, own.remove(0))
    }

    pub(in super::super) fn over(
        test: Arc<TestConfig>,
        control: Arc<Control>,
        audience: Audience<'a>,
        shard: Shard,
    ) -> Self {
        let totals = Totals::new(test.plan.clone(), test.workers + 1);
        Self { test, control, audience, totals, shard, shown: Duration::ZERO }
    }

    /// Informs everybody who watches.
    pub fn tell(&mut self, event: &RunEvent) {
        self.audience.tell(event);
    }

    /// Informs everybody of something that the user should know about.
    pub fn warn(&mut self, warning: Warning) {
        self.tell(&RunEvent::Warning(warning));
    }

    /// Adds what a part measured. Of gauges, the value with the highest `order` is the last.
    pub fn absorb(&mut self, measured: Portable, order: u64) -> Result<(), PortableError> {
        self.totals.absorb_portable(measured, order)
    }

    /// Adds what setup or teardown measured.
    pub fn absorb_stage(&mut self, measured: Interval) {
        self.take_in(0, measured, false);
    }

    /// How long the run had lasted when it was shown last.
    pub fn shown(&self) -> Duration {
        self.shown
    }

    /// Counts virtual users.
    pub fn sample_vus(&mut self) {
        let gauges =
            [(Builtin::VUS, self.control.vus_active()), (Builtin::VUS_MAX, self.control.vus_initialized())];
        for (metric, value) in gauges {
            self.shard.sample(metric, &self.test.run_tags, value as f64);
        }
    }

    /// Ends an interval: judges thresholds and shows it, and aborts the run if a controller decides so.
    pub fn tick(&mut self, elapsed: Duration, is_load: bool) {
        self.absorb_own(is_load);
        let thresholds = evaluate(&self.test.thresholds, &self.totals, elapsed, false);
        self.show(elapsed, &thresholds, false);
        self.totals.start_interval();
    }

    /// Ends the run: judges thresholds for the last time, shows the last interval, and says what came out.
    pub fn finish(mut self, ended: Ended) -> RunResult {
        self.absorb_own(false);
        let thresholds = evaluate(&self.test.thresholds, &self.totals, ended.elapsed, true);
        let dropped_samples = self.show(ended.elapsed, &thresholds, true);
        RunResult {
            totals: self.totals,
            elapsed: ended.elapsed,
            load: ended.load,
            thresholds,
            scenarios: self.control.scenarios(),
            abort: self.control.aborted(),
            failure: self.control.failure().map(str::to_owned),
            dropped_samples,
            paused: self.control.paused_for(),
            stalls: self.control.stalls(),
            lost_workers: ended.lost_workers,
            errors: ended.errors,
        }
    }

    fn absorb_own(&mut self, is_load: bool) {
        let own = self.shard.take();
        self.take_in(self.test.workers, own, is_load);
    }

    /// Adds what a worker measured, of the load or beside it.
    pub(in super::super) fn take_in(&mut self, worker: usize, measured: Interval, is_load: bool) {
        match is_load {
            true => self.totals.absorb_load(worker, measured),
            false => self.totals.absorb(worker, measured),
        }
    }

    /// Passes on the raw samples and then the tick of the interval that ended at `elapsed`, and aborts if a controller
    /// decides so. Returns how many raw samples have been dropped so far.
    fn show(&mut self, elapsed: Duration, thresholds: &[ThresholdResult], last: bool) -> u64 {
        let dropped_samples = self.audience.hand_over_arrived();
        let interval = elapsed.saturating_sub(std::mem::replace(&mut self.shown, elapsed));
        let reasons = self.audience.show(&Tick {
            elapsed,
            interval,
            totals: &self.totals,
            scenarios: &self.control.scenarios(),
            vus_active: self.control.vus_active(),
            vus_initialized: self.control.vus_initialized(),
            thresholds,
            dropped_samples,
            last,
        });
        for reason in reasons {
            self.control.abort(reason);
        }
        dropped_samples
    }
}
