//! What the lead knows of its run, and how it changes with what comes.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{AbortReason, Control, ScenarioConfig, Warning, Whole};
use flashcrowd_record::LostAgent;
use flashcrowd_session::Cost;
use flashcrowd_test::{Level, Message, Source, Test};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval};

use super::settings::{LeadSettings, OnLoss};
use crate::bus::{Bus, BusError};
use crate::gathered::Gathered;
use crate::line::{LeadHears, LeadLine};
use crate::protocol::{AgentState, LEASE, Orders, Phase, ToLead};
use crate::roster::Roster;

/// How often the lead looks at the time.
const LOOK: Duration = Duration::from_millis(100);

/// Leads the run of a test.
pub struct Lead<'t> {
    pub(super) test: &'t dyn Test,
    pub(super) settings: LeadSettings,
    pub(super) line: LeadLine,
    pub(super) roster: Roster,
    pub(super) gathered: Gathered,
    pub(super) scenarios: Vec<ScenarioConfig>,
    pub(super) cost: Cost,
    pub(super) lost: Vec<LostAgent>,
    /// Whether the load has begun, so that the run may go on without an agent.
    pub(super) has_begun: bool,
    looks: Option<Interval>,
    is_cut_off: bool,
}

/// What the lead waits for.
pub(super) enum Event {
    Heard(LeadHears),
    Look,
    Aborted(AbortReason),
}

impl<'t> Lead<'t> {
    /// Connects to a bus, to lead the run of a test over it.
    pub fn open(bus: &Arc<dyn Bus>, settings: LeadSettings, test: &'t dyn Test) -> Result<Self, BusError> {
        let of = settings.agents;
        let orders = Orders { of, lead: fastrand::u64(..), acknowledged: vec![0; of], ..Orders::default() };
        Ok(Self {
            test,
            line: LeadLine::open(bus, orders)?,
            roster: Roster::new(of, Instant::now()),
            gathered: Gathered::new(of),
            scenarios: test.scenarios().to_vec(),
            cost: Rc::new(Cell::new(None)),
            lost: Vec::new(),
            has_begun: false,
            looks: None,
            is_cut_off: false,
            settings,
        })
    }

    /// The next thing that happens.
    pub(super) async fn event(&mut self, control: &Control, heeds_abort: bool) -> Event {
        let looks = self.looks.get_or_insert_with(|| {
            let mut looks = interval(LOOK);
            looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            looks
        });
        tokio::select! {
            biased;
            Some(heard) = self.line.heard.recv(), if !self.is_cut_off => Event::Heard(heard),
            reason = control.abortion(), if heeds_abort => Event::Aborted(reason),
            _ = looks.tick() => Event::Look,
        }
    }

    /// Takes what was heard, and sees who is lost.
    pub(super) fn handle(&mut self, event: Event, (whole, control): (&mut Whole<'_>, &Control)) {
        let now = Instant::now();
        match event {
            Event::Heard(LeadHears::Message(message)) => self.hear(message, now, (whole, control)),
            Event::Heard(LeadHears::Lost(why)) => {
                self.is_cut_off = true;
                control.abort(AbortReason::Lost(format!("the bus was lost: {why}")));
                for part in 0..self.roster.members().len() {
                    self.lose(part, "the bus was lost", (whole, control));
                }
            }
            Event::Look => {
                for (name, how) in self.settings.placement.ended() {
                    if let Some(part) = self.roster.part(&name) {
                        self.lose(part, &how, (whole, control));
                    } else if !self.has_begun {
                        control.abort(AbortReason::Error(format!("{name} did not join: {how}")));
                    }
                }
                let silent = format!("not heard of for {} s", LEASE.as_secs());
                for part in self.roster.overdue(now) {
                    self.lose(part, &silent, (whole, control));
                }
            }
            Event::Aborted(_) => {}
        }
    }

    fn hear(&mut self, message: ToLead, now: Instant, (whole, control): (&mut Whole<'_>, &Control)) {
        match message {
            ToLead::Report(report) => {
                let name = report.agent.clone();
                if self.roster.report(*report, now) {
                    let parts = self.roster.parts();
                    self.line.orders.send_modify(|orders| orders.parts = parts);
                }
                if let Some(part) = self.roster.part(&name) {
                    self.on_state(part, (whole, control));
                }
            }
            ToLead::Second(agent, second) => {
                // What comes of an agent that was given up changes nothing.
                let Some(part) = self.roster.part(&agent) else { return };
                self.roster.heard(part, now);
                self.gathered.take(part, *second);
                let done = self.gathered.without_gap(part);
                // Told with the next beat.
                self.line.orders.send_if_modified(|orders| {
                    orders.acknowledged[part] = done;
                    false
                });
                self.on_state(part, (whole, control));
            }
            ToLead::Ping(..) => {}
        }
    }

    /// What an agent's state means for the run.
    fn on_state(&mut self, part: usize, (whole, control): (&mut Whole<'_>, &Control)) {
        let member = &self.roster.members()[part];
        let name = &member.name;
        if let AgentState::Failed(why) = &member.state {
            control.abort(AbortReason::Error(format!("{name}: {why}")));
        }
        if matches!(member.state, AgentState::Done(_)) && !self.has_begun {
            control.abort(AbortReason::Error(format!("{name} ended before the run began")));
        }
        match &member.abort {
            // Whoever stops its machine has asked it to.
            Some(AbortReason::Signal) if !control.is_aborted() => {
                self.lose(part, "it was ended by a signal", (whole, control));
                return;
            }
            // It does what it was told to, or was left alone.
            None | Some(AbortReason::Signal | AbortReason::Lost(_)) => {}
            Some(reason) => drop(control.abort(reason.clone())),
        }
        if matches!(member.state, AgentState::Done(_)) && self.gathered.has_ended(part) {
            self.roster.complete(part);
        }
    }

    /// Gives an agent up: what it would have measured is missing from now on.
    pub(super) fn lose(&mut self, part: usize, why: &str, (whole, control): (&mut Whole<'_>, &Control)) {
        if !self.roster.lose(part, why) {
            return;
        }
        self.gathered.is_over(part);
        let lost = self.roster.lost(part, self.gathered.reached(part));
        let parts = self.roster.parts();
        self.line.orders.send_modify(|orders| orders.parts = parts);
        let text = format!(
            "lost ({why}): {:.0}% of the load is missing from second {:.0} on",
            lost.share * 100.0,
            lost.since
        );
        whole.warn(Warning::Elsewhere { part: lost.name.clone(), text });
        if self.settings.on_loss == OnLoss::Abort || !self.has_begun {
            control.abort(AbortReason::Lost(format!("{} was lost: {why}", lost.name)));
        }
        self.lost.push(lost);
    }

    pub(super) fn order(&self, phase: Phase) {
        self.line.orders.send_modify(|orders| orders.phase = phase);
    }

    pub(super) fn inform(&self, text: &str) {
        let source = Source::Engine;
        self.settings.log.log(&Message { level: Level::Info, source, text, scenario: None });
    }

    /// Notes where the run stands by what was shown.
    pub(super) fn stand(&self, control: &Control) {
        control.set_elsewhere(self.gathered.stands(&self.scenarios, None));
        self.cost.set(self.gathered.cost());
    }
}
