//! A viewer is shown a run while it lasts, second by second, as its record keeps it: without secrets.

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

/// A run after some seconds of it.
#[derive(Debug)]
pub struct Second<'a> {
    /// All that was measured so far, in the form of the results at the end; nothing is judged yet.
    pub results: &'a Results,
    /// What happened in this second.
    pub line: &'a TimelineLine,
    /// Where every scenario stands.
    pub scenarios: &'a [ScenarioProgress],
    /// Active virtual users.
    pub vus_active: u64,
    /// Virtual users that are initialized.
    pub vus_initialized: u64,
    /// Whether it is the last one.
    pub last: bool,
}

/// Shows a run to its viewer.
pub(crate) struct Show<'a> {
    viewer: &'a mut dyn Viewer,
    test: &'a dyn Test,
    info: RunInfo,
    summary: SummaryOptions,
}

impl<'a> Show<'a> {
    pub(crate) fn new(viewer: &'a mut dyn Viewer, test: &'a dyn Test, settings: &Settings) -> Self {
        let options = test.options();
        let summary =
            SummaryOptions::new(options.summary_trend_stats().to_vec(), options.summary_time_unit());
        Self { viewer, test, info: run_info(test, settings), summary: summary.unwrap_or_default() }
    }

    pub(crate) fn event(&mut self, event: &RunEvent) {
        self.viewer.on_event(event);
    }

    pub(crate) fn tick(&mut self, tick: &Tick<'_>, line: &TimelineLine) {
        let outcomes: Vec<ThresholdOutcome> = outcomes(tick.thresholds);
        let meta = ResultsMeta {
            tool: tool(),
            test: self.info.test.clone(),
            start: self.info.start.clone(),
            setup_data: self.test.setup_data(),
            ..ResultsMeta::default()
        };
        let seconds = tick.elapsed.as_secs_f64();
        let results = Results::collect(tick.totals, meta, &self.summary, &outcomes, seconds);
        self.viewer.second(&Second {
            results: &self.info.redacted_results(&results),
            line: &self.info.redacted_line(line),
            scenarios: tick.scenarios,
            vus_active: tick.vus_active,
            vus_initialized: tick.vus_initialized,
            last: tick.last,
        });
    }
}
