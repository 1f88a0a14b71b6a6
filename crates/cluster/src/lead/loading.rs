//! The load of a run: all agents begin at one instant, and what they measure is shown second by second.

use std::ops::Range;
use std::time::Duration;

use flashcrowd_engine::{AbortReason, Control, RunEvent, Share, Whole, needs};
use tokio::time::Instant;

use super::skew::{milliseconds, skew};
use super::state::{Event, Lead};
use crate::gathered::WholeSecond;
use crate::protocol::{AgentState, Phase};

/// How long after the order agents begin: long enough for it to reach them all.
pub(super) const NOTICE: Duration = Duration::from_millis(500);
/// How long a second of the run is waited for: then it is shown as far as it came.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long agents may take to end after the load is over, or aborted.
const ENDED_WITHIN: Duration = Duration::from_secs(75);
const ABORTED_WITHIN: Duration = Duration::from_secs(25);

impl Lead<'_> {
    /// Runs the scenarios on all agents. Returns when they ran.
    pub(super) async fn load(
        &mut self,
        (whole, control): (&mut Whole<'_>, &Control),
        started: Instant,
    ) -> Range<Duration> {
        let soon = Instant::now() + NOTICE;
        let base = if started > Instant::now() { started } else { soon };
        let (began, clock) = (base.saturating_duration_since(started), self.line.clock);
        self.gathered.begin_after(began.as_secs());
        self.order(Phase::Go(clock.time(started), clock.time(base)));
        self.has_begun = true;
        let needs = needs(&self.scenarios, &Share::whole());
        let far = || Instant::now() + Duration::from_secs(365 * 86_400);
        let mut deadline = base.checked_add(needs.end.saturating_add(ENDED_WITHIN)).unwrap_or_else(far);
        let (mut is_running, mut is_aborted, mut has_told_skew) = (false, false, false);
        while !self.roster.all_over() {
            match self.event(control, !is_aborted).await {
                Event::Aborted(reason) => {
                    is_aborted = true;
                    deadline = deadline.min(Instant::now() + ABORTED_WITHIN);
                    self.order(Phase::Abort(reason));
                }
                event => self.handle(event, (whole, control)),
            }
            let now = Instant::now();
            if now >= base && !std::mem::replace(&mut is_running, true) {
                whole.tell(&RunEvent::Running(needs));
            }
            has_told_skew = has_told_skew || self.tell_skew();
            self.show_seconds((whole, control), started);
            if now > deadline {
                for part in 0..self.roster.members().len() {
                    self.lose(part, "it did not end in time", (whole, control));
                }
            }
        }
        while let Some(second) = self.gathered.next_whole() {
            self.show(second, (whole, control));
        }
        let ended = self.roster.ends().filter_map(|end| end.load).map(|load| load.1).max();
        let ended = ended.unwrap_or_else(|| control.elapsed());
        began..ended.max(began)
    }

    /// Tells how far apart agents began, once all have. Whether it did.
    fn tell_skew(&self) -> bool {
        let running = |state: &AgentState| match state {
            AgentState::Running(late, uncertain) => Some((*late, *uncertain)),
            _ => None,
        };
        let members = self.roster.members();
        let late: Option<Vec<_>> = members.iter().map(|member| running(&member.state)).collect();
        let Some(late) = late else { return false };
        let known = late.iter().map(|(_, uncertain)| *uncertain).max().unwrap_or_default();
        self.inform(&format!(
            "{} agents began within {} of each other (their clocks are known to {})",
            late.len(),
            milliseconds(skew(&late)),
            milliseconds(known)
        ));
        true
    }

    /// Shows the seconds that are whole, and those that were waited for long enough.
    fn show_seconds(&mut self, (whole, control): (&mut Whole<'_>, &Control), started: Instant) {
        loop {
            while let Some(second) = self.gathered.next_whole() {
                self.show(second, (whole, control));
            }
            let is_late = started.elapsed() > Duration::from_secs(self.gathered.shown() + 1) + PATIENCE;
            if !is_late {
                return;
            }
            let second = self.gathered.give_up_next();
            self.show(second, (whole, control));
        }
    }

    fn show(&mut self, second: WholeSecond, (whole, control): (&mut Whole<'_>, &Control)) {
        let end = second.end();
        self.stand(control);
        if let Err(error) = second.absorb(whole, &self.roster.names()) {
            control.abort(AbortReason::Error(error.to_string()));
        }
        whole.sample_vus();
        whole.tick(end, true);
    }
}
