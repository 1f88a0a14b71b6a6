//! The search for the breaking point ends a run where it is found, looked for whenever a step is over.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_diagnosis::{Evidence, breaking_point, steps};
use flashcrowd_engine::{AbortReason, Control, Controller, Decision, RunEvent, Tick};
use flashcrowd_record::{RunInfo, TimelineLine};

use crate::recorder::line;

/// Looks for the breaking point while a test runs.
pub(crate) struct BreakingPointSearch {
    run: RunInfo,
    control: Arc<Control>,
    timeline: Vec<TimelineLine>,
    load_began: Option<Duration>,
    looked_at: usize,
}

impl BreakingPointSearch {
    /// For the run of a test with those phases.
    pub(crate) fn new(run: RunInfo, control: &Arc<Control>) -> Self {
        Self { run, control: control.clone(), timeline: Vec::new(), load_began: None, looked_at: 0 }
    }
}

impl Controller for BreakingPointSearch {
    fn on_event(&mut self, event: &RunEvent) {
        if let RunEvent::Running(_) = event {
            self.load_began = Some(self.control.elapsed());
        }
    }

    /// Ends the test if the last step that is over was one too many.
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        let line = line(tick, self.load_began);
        let now = line.load.unwrap_or_default();
        self.timeline.push(line);
        let over = self.run.phases.iter().filter(|phase| phase.end <= now).count();
        if over == self.looked_at {
            return Decision::Continue;
        }
        self.looked_at = over;
        let evidence = Evidence { run: &self.run, timeline: &self.timeline, results: None };
        let mut steps = steps(&evidence);
        steps.truncate(over);
        let Some(point) = breaking_point(&steps) else { return Decision::Continue };
        let what = if point.is_users { "users" } else { "iterations/s" };
        Decision::Abort(AbortReason::Reached(format!(
            "the breaking point was found at {:.0} {what}, {:.0} requests/s",
            point.load, point.tps
        )))
    }
}
