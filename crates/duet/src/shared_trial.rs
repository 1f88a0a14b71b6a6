//! A trial as all threads see it: workers add pairs, the dispatcher's thread compares them once a second.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::time::Instant;

use crate::pair::{Pair, Variant};
use crate::trial::{Settings, Trial, View};

/// A trial as all threads see it.
#[derive(Debug)]
pub struct SharedTrial {
    trial: Mutex<Trial>,
    outboxes: Mutex<Vec<Arc<Outbox>>>,
    began: OnceLock<Instant>,
    seed: u64,
    expected: Option<[String; 2]>,
}

/// What one worker has to say since it was last asked. Nobody else is at it but once a second.
#[derive(Debug, Default)]
pub(crate) struct Outbox(Mutex<Events>);

#[derive(Debug, Default)]
pub(crate) struct Events {
    /// The seconds in which pairs began.
    pub(crate) began: Vec<u64>,
    /// Pairs that ended.
    pub(crate) ended: Vec<Pair>,
}

impl Outbox {
    pub(crate) fn begin(&self, second: u64) {
        locked(&self.0).began.push(second);
    }

    pub(crate) fn end(&self, pair: Pair) {
        locked(&self.0).ended.push(pair);
    }
}

impl SharedTrial {
    /// A trial that has not begun.
    pub fn new(settings: Settings) -> Arc<Self> {
        Arc::new(Self {
            seed: settings.seed,
            expected: settings.expected.clone(),
            trial: Mutex::new(Trial::new(settings)),
            outboxes: Mutex::default(),
            began: OnceLock::new(),
        })
    }

    /// By what order, distance and data are drawn.
    pub(crate) fn seed(&self) -> u64 {
        self.seed
    }

    /// What the URLs of requests begin with at a variant.
    pub(crate) fn expected(&self, variant: Variant) -> Option<&str> {
        self.expected.as_ref().map(|both| both[variant.index()].as_str())
    }

    /// What is known so far.
    pub fn view(&self) -> View {
        self.with(|trial| trial.view())
    }

    /// A worker's way to say what it saw.
    pub(crate) fn outbox(&self) -> Arc<Outbox> {
        let outbox = Arc::new(Outbox::default());
        locked(&self.outboxes).push(outbox.clone());
        outbox
    }

    /// The second of a moment, counted from the first pair.
    pub(crate) fn second(&self, now: Instant) -> u64 {
        now.saturating_duration_since(*self.began.get_or_init(|| now)).as_secs()
    }

    /// How many whole seconds there have been; none before the first pair.
    pub(crate) fn seconds(&self, now: Instant) -> Option<u64> {
        self.began.get().map(|began| now.saturating_duration_since(*began).as_secs())
    }

    /// Takes in what workers saw, and works with the trial.
    pub(crate) fn with_news<T>(&self, work: impl FnOnce(&mut Trial) -> T) -> T {
        let outboxes = locked(&self.outboxes).clone();
        let mut trial = locked(&self.trial);
        for outbox in outboxes {
            let Events { began, ended } = std::mem::take(&mut *locked(&outbox.0));
            began.into_iter().for_each(|second| trial.begin(second));
            ended.into_iter().for_each(|pair| trial.end(pair));
        }
        work(&mut trial)
    }

    /// Works with the trial.
    pub(crate) fn with<T>(&self, work: impl FnOnce(&Trial) -> T) -> T {
        work(&locked(&self.trial))
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
