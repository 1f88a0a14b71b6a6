//! The search for the breaking point ends a run where it is found, looked for whenever a step is over.
//!
//! It is found when two steps in a row say so, since one may have been disturbed. The moment at which the load ended is
//! kept with the results: the run is judged by the steps that were over then, which are those that the search saw.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_diagnosis::{Evidence, breaking_point, is_past_breaking_point, steps};
use flashcrowd_engine::{AbortReason, Control, Controller, Decision, RunEvent, Tick};
use flashcrowd_record::{Phase, RunInfo, TimelineLine};
use flashcrowd_text::{Lang, figure};

use crate::recorder::line;

/// Looks for the breaking point while a test runs.
pub(crate) struct BreakingPointSearch {
    /// The run as far as its steps are over.
    run: RunInfo,
    phases: Vec<Phase>,
    control: Arc<Control>,
    timeline: Vec<TimelineLine>,
    load_began: Option<Duration>,
    /// Whether the step before was past the breaking point.
    is_past: bool,
    stopped_at: Option<f64>,
}

impl BreakingPointSearch {
    /// For the run of a test with those phases.
    pub(crate) fn new(mut run: RunInfo, control: &Arc<Control>) -> Self {
        let phases = std::mem::take(&mut run.phases);
        let control = control.clone();
        Self {
            run,
            phases,
            control,
            timeline: Vec::new(),
            load_began: None,
            is_past: false,
            stopped_at: None,
        }
    }

    /// When it ended the load, in seconds of load; none when it did not.
    pub(crate) fn stopped_at(&self) -> Option<f64> {
        self.stopped_at
    }
}

impl Controller for BreakingPointSearch {
    fn on_event(&mut self, event: &RunEvent) {
        if let RunEvent::Running(_) = event {
            self.load_began = Some(self.control.elapsed());
        }
    }

    /// Ends the test if the last two steps that are over were too many.
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        let line = line(tick, self.load_began);
        let now = line.load.unwrap_or_default();
        self.timeline.push(line);
        let over = self.phases.iter().take_while(|phase| phase.end <= now).count();
        if self.stopped_at.is_some() || over == self.run.phases.len() {
            return Decision::Continue;
        }
        self.run.phases = self.phases[..over].to_vec();
        let evidence = Evidence { run: &self.run, timeline: &self.timeline, results: None };
        let steps = steps(&evidence);
        let was_past = std::mem::replace(&mut self.is_past, is_past_breaking_point(&evidence, &steps));
        let found = breaking_point(&evidence, &steps).filter(|_| self.is_past && was_past);
        let Some(point) = found else { return Decision::Continue };
        self.stopped_at = Some(now);
        let load = figure::load(Lang::En, point.load, point.is_users);
        let tps = figure::number(point.tps);
        Decision::Abort(AbortReason::Reached(format!(
            "the breaking point was found at {load}, {tps} requests/s"
        )))
    }
}
