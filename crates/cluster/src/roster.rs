//! The roster is who makes the load: which agents have joined, which part each of them runs, and who is lost.

use std::collections::BTreeMap;
use std::time::Duration;

use flashcrowd_engine::{AbortReason, Share};
use flashcrowd_record::LostAgent;
use tokio::time::Instant;

use crate::parts::End;
use crate::protocol::{AgentState, LEASE, Report};

/// Who makes the load.
#[derive(Debug)]
pub(crate) struct Roster {
    of: usize,
    members: Vec<Member>,
    /// When time was looked at last: who leads may have stood still itself.
    looked: Instant,
}

/// An agent that has joined.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) name: String,
    id: u64,
    /// The number of its last report.
    number: u64,
    pub(crate) state: AgentState,
    pub(crate) abort: Option<AbortReason>,
    heard: Instant,
    /// How it was lost.
    pub(crate) lost: Option<String>,
    /// Its part is over, and all that it measured has come.
    is_complete: bool,
}

impl Member {
    /// Whether nothing more is to come of it.
    pub(crate) fn is_over(&self) -> bool {
        self.lost.is_some() || self.is_complete
    }
}

impl Roster {
    pub(crate) fn new(of: usize, now: Instant) -> Self {
        Self { of, members: Vec::new(), looked: now }
    }

    /// The agents that have a part, by its number.
    pub(crate) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.members.iter().map(|member| member.name.clone()).collect()
    }

    pub(crate) fn parts(&self) -> BTreeMap<String, (usize, u64)> {
        let kept = self.members.iter().enumerate().filter(|(_, member)| member.lost.is_none());
        kept.map(|(part, member)| (member.name.clone(), (part, member.id))).collect()
    }

    /// The part of an agent; none of one that has none, or was given up.
    pub(crate) fn part(&self, agent: &str) -> Option<usize> {
        self.members.iter().position(|member| member.name == agent && member.lost.is_none())
    }

    /// Takes a report; an agent that is new gets a part if there is one left. Whether anything has changed.
    pub(crate) fn report(&mut self, report: Report, now: Instant) -> bool {
        let has_room = self.members.len() < self.of;
        let known = self.members.iter_mut().find(|member| member.name == report.agent);
        match known {
            // Another one of that name has no part.
            Some(member) if member.lost.is_some() || member.id != report.id => false,
            Some(member) => {
                member.heard = now;
                let is_late = report.number < member.number;
                // What is done stays so.
                if !is_late && !matches!(member.state, AgentState::Done(_)) {
                    member.number = report.number;
                    member.state = report.state;
                    member.abort = report.abort.or(member.abort.take());
                }
                false
            }
            None if has_room => {
                let Report { agent: name, id, number, state, abort } = report;
                self.members.push(Member {
                    name,
                    id,
                    number,
                    state,
                    abort,
                    heard: now,
                    lost: None,
                    is_complete: false,
                });
                true
            }
            None => false,
        }
    }

    /// A sign of life that is no report.
    pub(crate) fn heard(&mut self, part: usize, now: Instant) {
        self.members[part].heard = now;
    }

    /// Those who are not heard of for so long that they are lost. If it was this process that stood still, they have that
    /// much more time.
    pub(crate) fn overdue(&mut self, now: Instant) -> Vec<usize> {
        const STOOD_STILL: Duration = Duration::from_secs(1);
        let passed = now.saturating_duration_since(std::mem::replace(&mut self.looked, now));
        if passed > STOOD_STILL {
            self.members.iter_mut().for_each(|member| member.heard += passed);
        }
        let overdue =
            |member: &Member| !member.is_over() && now.saturating_duration_since(member.heard) > LEASE;
        (0..self.members.len()).filter(|&part| overdue(&self.members[part])).collect()
    }

    /// All that an agent measured has come.
    pub(crate) fn complete(&mut self, part: usize) {
        self.members[part].is_complete = true;
    }

    /// Gives an agent up. Whether it was not over before.
    pub(crate) fn lose(&mut self, part: usize, why: &str) -> bool {
        let member = &mut self.members[part];
        let is_new = !member.is_over();
        if is_new {
            member.lost = Some(why.to_owned());
        }
        is_new
    }

    /// How many have not joined.
    pub(crate) fn missing(&self) -> usize {
        self.of - self.members.len()
    }

    /// The names of those of whom that does not hold.
    pub(crate) fn not_yet(&self, holds: impl Fn(&AgentState) -> bool) -> Vec<&str> {
        let late = self.members.iter().filter(|member| member.lost.is_none() && !holds(&member.state));
        late.map(|member| member.name.as_str()).collect()
    }

    pub(crate) fn all_over(&self) -> bool {
        self.members.iter().all(Member::is_over)
    }

    pub(crate) fn ends(&self) -> impl Iterator<Item = &End> {
        self.members.iter().filter_map(|member| match &member.state {
            AgentState::Done(end) if member.lost.is_none() => Some(&**end),
            _ => None,
        })
    }

    /// What the record says of an agent that was lost.
    pub(crate) fn lost(&self, part: usize, since: u64) -> LostAgent {
        let share = Share::whole().split(self.of)[part].fraction();
        let member = &self.members[part];
        let why = member.lost.clone().unwrap_or_default();
        LostAgent { name: member.name.clone(), share, since: since as f64, why }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(agent: &str, state: AgentState) -> Report {
        Report { agent: agent.to_owned(), id: 1, number: 1, state, abort: None }
    }

    #[tokio::test(start_paused = true)]
    async fn parts_are_given_once_and_who_is_silent_is_lost() {
        let start = Instant::now();
        let at = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let mut roster = Roster::new(2, start);
        assert!(roster.report(report("b", AgentState::Joined), at(0.0)));
        assert!(!roster.report(report("b", AgentState::Joined), at(0.1)), "a doubled report changes nothing");
        assert_eq!(roster.missing(), 1);
        assert!(roster.report(report("a", AgentState::Joined), at(0.2)));
        assert!(!roster.report(report("c", AgentState::Joined), at(0.3)), "there is no part left");
        assert_eq!((roster.part("b"), roster.part("a"), roster.part("c")), (Some(0), Some(1), None));
        for beat in 1..24 {
            let now = at(f64::from(beat) * 0.25);
            roster.report(report("a", AgentState::Ready), now);
            assert_eq!(roster.overdue(now), if beat > 20 { vec![0] } else { vec![] }, "{beat}");
        }
        assert_eq!(roster.not_yet(|state| matches!(state, AgentState::Ready)), ["b"]);
        assert!(roster.lose(0, "silence") && !roster.lose(0, "again"));
        roster.report(report("b", AgentState::Ready), at(6.1));
        assert_eq!(roster.part("b"), None, "who was given up does not come back");
        let lost = roster.lost(0, 3);
        assert_eq!(
            (lost.name.as_str(), lost.share, lost.since, lost.why.as_str()),
            ("b", 0.5, 3.0, "silence")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_is_lost_because_the_lead_stood_still() {
        let start = Instant::now();
        let mut roster = Roster::new(1, start);
        roster.report(report("a", AgentState::Ready), start);
        assert_eq!(roster.overdue(start + Duration::from_secs(60)), Vec::<usize>::new());
        assert_eq!(roster.overdue(start + Duration::from_millis(60_500)), Vec::<usize>::new());
    }

    #[tokio::test(start_paused = true)]
    async fn a_report_that_comes_late_changes_nothing() {
        let start = Instant::now();
        let mut roster = Roster::new(1, start);
        roster.report(report("a", AgentState::Joined), start);
        roster.report(Report { number: 3, ..report("a", AgentState::Ready) }, start);
        roster.report(Report { number: 2, ..report("a", AgentState::Initializing(1, 2)) }, start);
        assert!(roster.not_yet(|state| matches!(state, AgentState::Ready)).is_empty());
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_stays_done() {
        let start = Instant::now();
        let mut roster = Roster::new(1, start);
        roster.report(report("a", AgentState::Done(Box::default())), start);
        roster.report(report("a", AgentState::Ready), start);
        assert!(!roster.all_over() && roster.ends().count() == 1);
        roster.complete(0);
        assert!(roster.all_over() && !roster.lose(0, "late"));
        assert_eq!(roster.overdue(start + Duration::from_millis(900)), Vec::<usize>::new());
    }
}
