//! The brink is where a run stops itself: the breaking point, looked for whenever a step is over.

use std::sync::Arc;

use flashcrowd_diagnosis::{Evidence, breaking_point, steps};
use flashcrowd_engine::{AbortReason, Control};
use flashcrowd_record::{RunInfo, TimelineLine};

/// Looks for the breaking point while a test runs, and ends it there.
pub struct Brink {
    run: RunInfo,
    timeline: Vec<TimelineLine>,
    control: Arc<Control>,
    looked_at: usize,
}

impl Brink {
    /// For a test with those phases, and its control.
    pub fn new(run: RunInfo, control: Arc<Control>) -> Self {
        Self { run, timeline: Vec::new(), control, looked_at: 0 }
    }

    /// Takes in an interval; ends the test if the last step that is over was one too many.
    pub fn look(&mut self, line: &TimelineLine) {
        self.timeline.push(line.clone());
        let now = line.load.unwrap_or_default();
        let over = self.run.phases.iter().filter(|phase| phase.end <= now).count();
        if over == self.looked_at {
            return;
        }
        self.looked_at = over;
        let evidence = Evidence { run: &self.run, timeline: &self.timeline, results: None };
        let mut steps = steps(&evidence);
        steps.truncate(over);
        if let Some(point) = breaking_point(&steps) {
            let what = if point.is_users { "users" } else { "iterations/s" };
            let text = format!(
                "the breaking point was found at {:.0} {what}, {:.0} requests/s",
                point.load, point.tps
            );
            self.control.abort(AbortReason::Reached(text));
        }
    }
}
