//! The controller of a duet ends the run when the answer is certain, or time is up.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{AbortReason, Controller, Decision, Tick};
use tokio::time::Instant;

use crate::shared_trial::SharedTrial;

/// Ends the run when the answer is certain, or time is up.
#[derive(Debug)]
pub struct DuetController {
    trial: Arc<SharedTrial>,
    limit: Option<Duration>,
}

impl DuetController {
    /// Of a trial that lasts no longer than `limit`.
    pub fn new(trial: Arc<SharedTrial>, limit: Option<Duration>) -> Self {
        Self { trial, limit }
    }
}

impl Controller for DuetController {
    fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
        let Some(seconds) = self.trial.seconds(Instant::now()) else { return Decision::Continue };
        if tick.last {
            self.trial.with_news(|trial| trial.finish(seconds));
            return Decision::Continue;
        }
        let reached = |what: &str| Decision::Abort(AbortReason::Reached(what.to_owned()));
        if self.trial.with_news(|trial| trial.look(seconds)) {
            return reached("the comparison was decided");
        }
        match self.limit {
            Some(limit) if seconds >= limit.as_secs().max(1) => reached("the time of the comparison was up"),
            _ => Decision::Continue,
        }
    }
}
