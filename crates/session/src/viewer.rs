//! A viewer is shown a run while it lasts, second by second, as its record keeps it: without secrets.

use std::fmt;

use flashcrowd_engine::{RunEvent, ScenarioProgress, Tick};
use flashcrowd_record::{Results, ResultsMeta, RunInfo, SummaryOptions, ThresholdOutcome, TimelineLine};
use flashcrowd_test::Test;

use crate::measure::outcomes;
use crate::run_info::{run_info, tool};
use crate::settings::Settings;

/// Is shown a run while it lasts. Called on the dispatcher's thread; must return quickly.
pub trait Viewer {
    /// Called for every event.
    fn on_event(&mut self, _event: &RunEvent) {}

    /// Called once a second and at the end of the run.
    fn second(&mut self, second: &Second<'_>);
}

/// A run after some seconds of it. What takes time to gather is gathered when it is asked for.
#[derive(Clone, Copy)]
pub struct Second<'a> {
    show: &'a Facts<'a>,
    tick: &'a Tick<'a>,
    line: &'a TimelineLine,
}

impl<'a> Second<'a> {
    /// Gathers all that was measured so far, in the form of the results at the end; nothing is judged yet.
    pub fn results(&self) -> Results {
        let Facts { test, info, summary } = self.show;
        let outcomes: Vec<ThresholdOutcome> = outcomes(self.tick.thresholds);
        let meta = ResultsMeta {
            tool: tool(),
            test: info.test.clone(),
            start: info.start.clone(),
            setup_data: test.setup_data(),
            ..ResultsMeta::default()
        };
        let seconds = self.tick.elapsed.as_secs_f64();
        info.redacted_results(&Results::collect(self.tick.totals, meta, summary, &outcomes, seconds))
    }

    /// A copy of what happened in this second.
    pub fn line(&self) -> TimelineLine {
        self.show.info.redacted_line(self.line)
    }

    /// Where every scenario stands.
    pub fn scenarios(&self) -> &'a [ScenarioProgress] {
        self.tick.scenarios
    }

    /// Virtual users: those that are active, and those that are initialized.
    pub fn vus(&self) -> (u64, u64) {
        (self.tick.vus_active, self.tick.vus_initialized)
    }

    /// Whether all thresholds hold so far.
    pub fn is_good(&self) -> bool {
        self.tick.thresholds.iter().all(|threshold| threshold.passed)
    }

    /// Whether it is the last one.
    pub fn is_last(&self) -> bool {
        self.tick.last
    }
}

impl fmt::Debug for Second<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Second").field("tick", self.tick).finish_non_exhaustive()
    }
}

/// What does not change while a run lasts.
struct Facts<'a> {
    test: &'a dyn Test,
    info: RunInfo,
    summary: SummaryOptions,
}

/// Shows a run to its viewer.
pub(crate) struct Show<'a> {
    viewer: &'a mut dyn Viewer,
    facts: Facts<'a>,
}

impl<'a> Show<'a> {
    pub(crate) fn new(viewer: &'a mut dyn Viewer, test: &'a dyn Test, settings: &Settings) -> Self {
        let options = test.options();
        let summary =
            SummaryOptions::new(options.summary_trend_stats().to_vec(), options.summary_time_unit());
        let summary = summary.unwrap_or_default();
        Self { viewer, facts: Facts { test, info: run_info(test, settings), summary } }
    }

    pub(crate) fn event(&mut self, event: &RunEvent) {
        self.viewer.on_event(event);
    }

    pub(crate) fn tick(&mut self, tick: &Tick<'_>, line: &TimelineLine) {
        self.viewer.second(&Second { show: &self.facts, tick, line });
    }
}
