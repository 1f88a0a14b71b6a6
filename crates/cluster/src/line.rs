//! A line is a process's connection to the others of a run, on a thread of its own, so that beats go on whatever the
//! others do.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::spawn_local;
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::bus::{Bus, BusError, Heard, Request, Subject, Wire};
use crate::clock::{Clock, Offset};
use crate::protocol::{BEAT, LEASE, Orders, Report, ToAgents, ToLead};
use crate::second::Second;

/// How long a second may be unacknowledged before it is sent again.
const AGAIN: Duration = Duration::from_secs(1);
/// How many seconds may be unacknowledged: then the lead is lost anyway.
const MOST_UNSENT: usize = 900;
/// How often an agent asks for the time in the beginning.
const FIRST_PINGS: u32 = 8;

/// An agent's line.
pub(crate) struct AgentLine {
    pub(crate) clock: Clock,
    pub(crate) report: watch::Sender<Report>,
    pub(crate) seconds: mpsc::Sender<Second>,
    pub(crate) heard: watch::Receiver<Told>,
    pub(crate) requests: mpsc::Sender<Request>,
}

/// What an agent knows of its lead.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(crate) orders: Option<Orders>,
    pub(crate) offset: Option<Offset>,
    /// Why the lead is lost, if it is.
    pub(crate) lost: Option<String>,
}

/// The lead's line.
pub(crate) struct LeadLine {
    pub(crate) clock: Clock,
    pub(crate) orders: watch::Sender<Orders>,
    pub(crate) heard: mpsc::Receiver<LeadHears>,
    pub(crate) requests: mpsc::Sender<Request>,
}

/// What comes over the lead's line.
#[derive(Debug)]
pub(crate) enum LeadHears {
    Message(ToLead),
    /// The bus is lost, for that reason.
    Lost(String),
}

impl AgentLine {
    pub(crate) fn open(bus: &Arc<dyn Bus>, report: Report) -> Result<Self, BusError> {
        let clock = Clock::new();
        let (seconds, to_send) = mpsc::channel(MOST_UNSENT);
        let (report, reported) = watch::channel(report);
        let (tell, heard) = watch::channel(Told::default());
        let requests = kept(bus, Subject::Agents, move |wire| async move {
            let (agent, id) = {
                let report = reported.borrow();
                (report.agent.clone(), report.id)
            };
            let side = AgentSide { clock, agent, id, lead: None, tell, pings: 0, heard_at: Instant::now() };
            side.keep(wire, reported, to_send).await;
        })?;
        Ok(Self { clock, report, seconds, heard, requests })
    }
}

impl LeadLine {
    pub(crate) fn open(bus: &Arc<dyn Bus>, orders: Orders) -> Result<Self, BusError> {
        let clock = Clock::new();
        let (orders, ordered) = watch::channel(orders);
        let (tell, heard) = mpsc::channel(65_536);
        let requests = kept(bus, Subject::Lead, move |wire| lead(clock, wire, ordered, tell))?;
        Ok(Self { clock, orders, heard, requests })
    }
}

/// Connects, and keeps the line.
fn kept<F: Future<Output = ()> + 'static>(
    bus: &Arc<dyn Bus>,
    listens_to: Subject,
    keep: impl FnOnce(Wire) -> F + Send + 'static,
) -> Result<mpsc::Sender<Request>, BusError> {
    if !bus.is_here() {
        return on_thread(bus, listens_to, keep);
    }
    let wire = bus.connect(listens_to).now_or_never().unwrap_or(Err(BusError::Lost))?;
    let requests = wire.requests.clone();
    spawn_local(keep(wire));
    Ok(requests)
}

/// Connects, and keeps the line on a thread of its own for as long as that runs.
fn on_thread<F: Future<Output = ()>>(
    bus: &Arc<dyn Bus>,
    listens_to: Subject,
    keep: impl FnOnce(Wire) -> F + Send + 'static,
) -> Result<mpsc::Sender<Request>, BusError> {
    let failed = |why: String| BusError::Connect { address: bus.address(), why };
    let (connected, told) = sync_channel(1);
    let (bus, address) = (bus.clone(), bus.address());
    let run = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => {
                // Who opens the line waits for this.
                let _ = connected.send(Err(BusError::Connect { address, why: error.to_string() }));
                return;
            }
        };
        runtime.block_on(async {
            match bus.connect(listens_to).await {
                Err(error) => drop(connected.send(Err(error))),
                Ok(wire) => {
                    let _ = connected.send(Ok(wire.requests.clone()));
                    keep(wire).await;
                }
            }
        });
    };
    let thread = std::thread::Builder::new().name("line".to_owned()).spawn(run);
    thread.map_err(|error| failed(error.to_string()))?;
    told.recv().map_err(|_| BusError::Lost)?
}

fn beats() -> tokio::time::Interval {
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    beats
}

fn message(message: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(message).expect("messages have texts for keys, and numbers that JSON has")
}

/// The lead's side: tells orders with every beat and at once when they change, and the time to those who ask.
async fn lead(
    clock: Clock,
    Wire { requests, mut heard }: Wire,
    mut ordered: watch::Receiver<Orders>,
    tell: mpsc::Sender<LeadHears>,
) {
    let mut beats = beats();
    let publish = |message| requests.try_send(Request::Publish(Subject::Agents, message));
    let mut number = 0;
    let mut tell_orders = |orders: Orders| {
        number += 1;
        // They are told again with the next beat.
        let _ = publish(message(&ToAgents::Orders(Box::new(Orders { number, ..orders }))));
    };
    loop {
        tokio::select! {
            biased;
            heard = heard.recv() => match heard {
                Some(Heard::Message(bytes)) => match serde_json::from_slice(&bytes) {
                    Ok(ToLead::Ping(agent, sent)) => {
                        // Who gets no answer asks again.
                        let _ = publish(message(&ToAgents::Pong(agent, sent, clock.now())));
                    }
                    Ok(message) => {
                        if tell.send(LeadHears::Message(message)).await.is_err() {
                            return;
                        }
                    }
                    // It is not of this run.
                    Err(_) => {}
                },
                Some(Heard::Lost(why)) => {
                    let _ = tell.send(LeadHears::Lost(why)).await;
                    return;
                }
                None => return,
            },
            changed = ordered.changed() => {
                if changed.is_err() {
                    return;
                }
                let orders = ordered.borrow_and_update().clone();
                tell_orders(orders);
            }
            _ = beats.tick() => {
                let orders = ordered.borrow().clone();
                tell_orders(orders);
            }
        }
    }
}

struct AgentSide {
    clock: Clock,
    agent: String,
    id: u64,
    /// The lead that was heard of first: it is followed, and no other.
    lead: Option<u64>,
    tell: watch::Sender<Told>,
    pings: u32,
    /// When the lead was heard of last.
    heard_at: Instant,
}

/// A second that is not acknowledged.
struct Unsent {
    sequence: u64,
    message: Vec<u8>,
    sent: Instant,
}

impl AgentSide {
    async fn keep(
        mut self,
        Wire { requests, mut heard }: Wire,
        mut reported: watch::Receiver<Report>,
        mut to_send: mpsc::Receiver<Second>,
    ) {
        let (mut beats, mut unsent) = (beats(), VecDeque::<Unsent>::new());
        let publish = |message| drop(requests.try_send(Request::Publish(Subject::Lead, message)));
        let mut number = 0;
        let mut report = |report: Report| {
            number += 1;
            publish(message(&ToLead::Report(Box::new(Report { number, ..report }))));
        };
        let mut has_more = true;
        loop {
            tokio::select! {
                biased;
                heard = heard.recv() => match heard {
                    Some(Heard::Message(bytes)) => self.on_message(&bytes, &mut unsent),
                    Some(Heard::Lost(why)) => {
                        self.lost(format!("the connection to the bus is lost: {why}"));
                        return;
                    }
                    None => return,
                },
                second = async { if has_more { to_send.recv().await } else { pending().await } } => match second {
                    None => has_more = false,
                    Some(second) => {
                        let sequence = second.sequence;
                        let message = message(&ToLead::Second(self.agent.clone(), Box::new(second)));
                        publish(message.clone());
                        unsent.push_back(Unsent { sequence, message, sent: Instant::now() });
                        if unsent.len() > MOST_UNSENT {
                            self.lost("the lead does not acknowledge what was measured".to_owned());
                            return;
                        }
                    }
                },
                changed = reported.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    report(reported.borrow_and_update().clone());
                }
                _ = beats.tick() => {
                    if self.heard_at.elapsed() > LEASE && self.has_orders() {
                        self.lost(format!("the lead was not heard of for {} s", LEASE.as_secs()));
                        return;
                    }
                    report(reported.borrow().clone());
                    self.pings += 1;
                    if self.pings <= FIRST_PINGS || self.pings.is_multiple_of(FIRST_PINGS) {
                        publish(message(&ToLead::Ping(self.agent.clone(), self.clock.now())));
                    }
                    for one in unsent.iter_mut().filter(|one| one.sent.elapsed() > AGAIN) {
                        one.sent = Instant::now();
                        publish(one.message.clone());
                    }
                }
            }
        }
    }

    fn has_orders(&self) -> bool {
        self.tell.borrow().orders.is_some()
    }

    fn lost(&self, why: String) {
        self.tell.send_modify(|told| told.lost = Some(why));
    }

    fn on_message(&mut self, bytes: &[u8], unsent: &mut VecDeque<Unsent>) {
        match serde_json::from_slice(bytes) {
            Ok(ToAgents::Pong(agent, sent, lead)) if agent == self.agent => {
                let offset = Offset::of(sent, self.clock.now(), lead);
                self.tell.send_modify(|told| told.offset = Some(offset.or(told.offset)));
            }
            Ok(ToAgents::Orders(orders)) if *self.lead.get_or_insert(orders.lead) == orders.lead => {
                self.heard_at = Instant::now();
                if self.tell.borrow().orders.as_ref().is_some_and(|newer| newer.number > orders.number) {
                    return;
                }
                let part = orders.parts.get(&self.agent).filter(|(_, owner)| *owner == self.id);
                if let Some(done) = part.and_then(|(part, _)| orders.acknowledged.get(*part)) {
                    unsent.retain(|one| one.sequence > *done);
                }
                self.tell.send_modify(|told| told.orders = Some(*orders));
            }
            // The time for another agent, or what is not of this run.
            Ok(ToAgents::Pong(..) | ToAgents::Orders(_)) | Err(_) => {}
        }
    }
}
