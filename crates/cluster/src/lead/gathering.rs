//! Gathering agents: they join, get their parts, and make their virtual users.

use std::time::Duration;

use flashcrowd_engine::{AbortReason, Control, Elsewhere, RunEvent, Whole};
use tokio::time::Instant;

use super::state::Lead;
use crate::bus::Wire;
use crate::protocol::{AgentState, TEST};

/// How long agents may take to be ready, from the last sign of progress on.
const READY_WITHIN: Duration = Duration::from_secs(120);

impl Lead<'_> {
    /// Waits until all agents are ready; where they are not, the run is aborted, and says who is missing.
    pub(super) async fn gather(&mut self, (whole, control): (&mut Whole<'_>, &Control)) {
        let test = std::mem::take(&mut self.settings.test);
        if let Err(error) = Wire::put(&self.line.requests, TEST, test).await {
            control.abort(AbortReason::Error(error.to_string()));
            return;
        }
        let join_by = Instant::now() + self.settings.join_within;
        let mut ready_by = Instant::now() + READY_WITHIN;
        let mut made = (0, 0);
        while !control.is_aborted() {
            let event = self.event(control, false).await;
            self.handle(event, (whole, control));
            let now_made = self.made();
            if now_made != made {
                made = now_made;
                ready_by = Instant::now() + READY_WITHIN;
                control.set_elsewhere(Elsewhere {
                    vus_initialized: made.0,
                    ..self.gathered.stands(&self.scenarios, None)
                });
                whole.tell(&RunEvent::Initializing { done: made.0, total: made.1 });
            }
            let waiting = self.roster.not_yet(|state| matches!(state, AgentState::Ready));
            if self.roster.missing() == 0 && waiting.is_empty() {
                return;
            }
            let now = Instant::now();
            let (missing, of) = (self.roster.missing(), self.settings.agents);
            let why = match () {
                () if missing > 0 && now > join_by => format!(
                    "{missing} of {of} agents have not joined within {} s; joined: {}",
                    self.settings.join_within.as_secs(),
                    listed(&self.roster.names())
                ),
                () if missing == 0 && now > ready_by => {
                    let waiting: Vec<String> = waiting.into_iter().map(str::to_owned).collect();
                    format!("not ready within {} s: {}", READY_WITHIN.as_secs(), listed(&waiting))
                }
                () => continue,
            };
            control.abort(AbortReason::Error(why));
        }
    }

    /// How many virtual users are made, of how many that are known of.
    fn made(&self) -> (u64, u64) {
        let made = |state: &AgentState| match state {
            AgentState::Initializing(done, total) => (*done, *total),
            _ => (0, 0),
        };
        let all = self.roster.members().iter().map(|member| made(&member.state));
        all.fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1))
    }
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}
