//! The search for the breaking point ends a run where it is found, looked for whenever a step is over.

use std::time::Duration;

use flashcrowd_diagnosis::{Evidence, breaking_point, steps};
use flashcrowd_engine::{AbortReason, Tick};
use flashcrowd_record::{RunInfo, TimelineLine};

use crate::recorder::line;

/// Looks for the breaking point while a test runs.
pub struct BreakingPointSearch {
    run: RunInfo,
    timeline: Vec<TimelineLine>,
    load_began: Option<Duration>,
    looked_at: usize,
}

impl BreakingPointSearch {
    /// For the run of a test with those phases.
    pub fn new(run: RunInfo) -> Self {
        Self { run, timeline: Vec::new(), load_began: None, looked_at: 0 }
    }

    /// Notes when the load began.
    pub fn load_began(&mut self, at: Duration) {
        self.load_began = Some(at);
    }

    /// Takes in an interval; ends the test if the last step that is over was one too many.
    pub fn look(&mut self, tick: &Tick<'_>) -> Option<AbortReason> {
        let line = line(tick, self.load_began);
        let now = line.load.unwrap_or_default();
        self.timeline.push(line);
        let over = self.run.phases.iter().filter(|phase| phase.end <= now).count();
        if over == self.looked_at {
            return None;
        }
        self.looked_at = over;
        let evidence = Evidence { run: &self.run, timeline: &self.timeline, results: None };
        let mut steps = steps(&evidence);
        steps.truncate(over);
        let point = breaking_point(&steps)?;
        let what = if point.is_users { "users" } else { "iterations/s" };
        Some(AbortReason::Reached(format!(
            "the breaking point was found at {:.0} {what}, {:.0} requests/s",
            point.load, point.tps
        )))
    }
}
