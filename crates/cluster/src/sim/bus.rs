//! A bus in virtual time, which loses, delays, doubles and reorders messages, cuts parties off, and dies.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;
use tokio::task::spawn_local;
use tokio::time::{Instant, sleep};

use crate::bus::{Bus, BusError, Heard, Request, Subject, Wire};
use crate::protocol::ToLead;

/// What goes wrong on the bus.
#[derive(Clone, Debug, Default)]
pub(super) struct BusFaults {
    /// How long a message takes: from, to, in microseconds.
    pub(super) delay: (u64, u64),
    /// Of how many messages in a hundred one is lost, and one comes twice.
    pub(super) lost: u64,
    pub(super) doubled: u64,
    /// Who hears nothing and is not heard meanwhile; party 0 leads.
    pub(super) cut_off: Vec<(usize, Range<Duration>)>,
    /// When it dies.
    pub(super) dies: Option<Duration>,
}

/// The bus as one party has it.
#[derive(Clone)]
pub(super) struct SimBus {
    party: usize,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    faults: BusFaults,
    random: Rng,
    start: Instant,
    objects: BTreeMap<String, Vec<u8>>,
    listeners: Vec<(usize, Subject, mpsc::Sender<Heard>)>,
    is_dead: bool,
    /// Seconds that came to the lead, by agent and number: their iterations.
    arrived: BTreeMap<(String, u64), u64>,
}

impl SimBus {
    pub(super) fn new(faults: BusFaults, random: Rng) -> Self {
        let inner = Inner {
            faults,
            random,
            start: Instant::now(),
            objects: BTreeMap::new(),
            listeners: Vec::new(),
            is_dead: false,
            arrived: BTreeMap::new(),
        };
        Self { party: 0, inner: Arc::new(Mutex::new(inner)) }
    }

    pub(super) fn of(&self, party: usize) -> Self {
        Self { party, inner: self.inner.clone() }
    }

    /// Lives until it dies.
    pub(super) async fn live(&self) {
        let Some(dies) = self.inner().faults.dies else { return };
        sleep(dies).await;
        let mut inner = self.inner();
        inner.is_dead = true;
        for (_, _, listener) in inner.listeners.drain(..) {
            // Who has gone does not hear of it.
            let _ = listener.try_send(Heard::Lost("it was killed".to_owned()));
        }
    }

    /// Iterations in the seconds that came to the lead of those agents that hold.
    pub(super) fn arrived(&self, holds: impl Fn(&str) -> bool) -> u64 {
        self.inner().arrived.iter().filter(|((agent, _), _)| holds(agent)).map(|(_, count)| count).sum()
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, subject: Subject, message: Vec<u8>) {
        let mut inner = self.inner();
        if inner.is_dead {
            return;
        }
        let listeners = inner.listeners.clone();
        for (party, _, listener) in listeners.into_iter().filter(|(_, listens_to, _)| *listens_to == subject)
        {
            for delay in inner.fate(self.party, party) {
                let (listener, message, inner) = (listener.clone(), message.clone(), self.inner.clone());
                tokio::spawn(async move {
                    sleep(delay).await;
                    let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
                    if !inner.is_dead && !inner.is_cut_off(party) {
                        inner.note(party, &message);
                        // Who has gone hears nothing.
                        let _ = listener.try_send(Heard::Message(message));
                    }
                });
            }
        }
    }

    /// Answers what is asked of objects.
    fn answer(&self, request: Request) {
        let bus = self.clone();
        spawn_local(async move {
            let there_and_back = bus.inner().delay() * 2;
            sleep(there_and_back).await;
            let mut inner = bus.inner();
            let is_away = inner.is_dead || inner.is_cut_off(bus.party);
            let failed = || BusError::Failed { address: bus.address(), why: "no answer".to_owned() };
            match request {
                Request::Put(name, object, answer) => {
                    inner.objects.insert(name, object);
                    let _ = answer.send(if is_away { Err(failed()) } else { Ok(()) });
                }
                Request::Get(name, answer) => {
                    let found = inner.objects.get(&name).cloned();
                    let _ = answer.send(if is_away { Err(failed()) } else { Ok(found) });
                }
                Request::Publish(..) => {}
            }
        });
    }
}

impl Inner {
    fn delay(&mut self) -> Duration {
        let (from, to) = self.faults.delay;
        Duration::from_micros(self.random.u64(from..=to))
    }

    fn is_cut_off(&self, party: usize) -> bool {
        let now = self.start.elapsed();
        self.faults.cut_off.iter().any(|(who, when)| *who == party && when.contains(&now))
    }

    /// After how long a message arrives, as often as it does.
    fn fate(&mut self, from: usize, to: usize) -> Vec<Duration> {
        let is_lost = self.random.u64(0..100) < self.faults.lost;
        if is_lost || self.is_cut_off(from) || self.is_cut_off(to) {
            return Vec::new();
        }
        let times = if self.random.u64(0..100) < self.faults.doubled { 2 } else { 1 };
        (0..times).map(|_| self.delay()).collect()
    }

    fn note(&mut self, party: usize, message: &[u8]) {
        if party == 0
            && let Ok(ToLead::Second(agent, second)) = serde_json::from_slice(message)
        {
            self.arrived.insert((agent, second.sequence), super::party::iterations(&second));
        }
    }
}

impl Bus for SimBus {
    fn address(&self) -> String {
        "sim".to_owned()
    }

    fn connect(&self, listens_to: Subject) -> BoxFuture<'static, Result<Wire, BusError>> {
        let bus = self.clone();
        Box::pin(async move {
            let (requests, mut asked) = mpsc::channel(4096);
            let (tell, heard) = mpsc::channel(4096);
            if bus.inner().is_dead {
                return Err(BusError::Lost);
            }
            bus.inner().listeners.push((bus.party, listens_to, tell));
            spawn_local(async move {
                while let Some(request) = asked.recv().await {
                    match request {
                        Request::Publish(subject, message) => bus.publish(subject, message),
                        asked => bus.answer(asked),
                    }
                }
            });
            Ok(Wire { requests, heard })
        })
    }

    fn is_here(&self) -> bool {
        true
    }
}

/// The numbers that are there more than once.
pub(super) fn doubled<T: Ord + Clone>(numbers: &[T]) -> Vec<T> {
    let mut once = BTreeSet::new();
    numbers.iter().filter(|number| !once.insert(*number)).cloned().collect()
}
