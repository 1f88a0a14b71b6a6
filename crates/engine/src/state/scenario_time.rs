//! The time of a scenario is the clock since its start without what pauses took: its schedule is told in it.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use super::pause::Pause;

/// The time of a scenario.
pub(crate) struct ScenarioTime<'a> {
    /// When it starts, by the clock.
    pub(crate) started: Instant,
    pub(crate) pauses: &'a Pause,
}

impl ScenarioTime<'_> {
    /// When a moment of it comes, if there is no further pause until then.
    pub(crate) fn at(&self, at: Duration) -> Instant {
        let after = at.saturating_add(self.pauses.held_since_base());
        // Correctness: a moment too far to be represented is never reached by a run.
        self.started.checked_add(after).unwrap_or_else(|| self.started + Duration::from_secs(1 << 32))
    }

    /// Waits for a moment of it, which does not come in a pause.
    pub(crate) async fn wait_until(&self, at: Duration) {
        loop {
            self.pauses.over().await;
            let moment = self.at(at);
            sleep_until(moment).await;
            if !self.pauses.is_on() && self.at(at) == moment {
                return;
            }
        }
    }
}
