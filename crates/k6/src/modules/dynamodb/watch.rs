//! The watch of one call: samples under the tags that the virtual user has then, and how many attempts it took.

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use flashcrowd_dynamodb::{Call, CallEnd, Fault, KeyRates, KeyWatch, Measures, Meter, Watch};
use flashcrowd_engine::WorkerContext;
use flashcrowd_http::{Exchange, SystemTags};
use flashcrowd_metrics::TagSet;
use hashbrown::HashMap;

/// How many sets of tags a worker keeps a meter for; others get a new one with each call.
const KEPT: usize = 1024;

/// The meters of a worker, one for each set of tags that its virtual users have had.
#[derive(Default)]
pub struct Meters {
    by_tags: RefCell<HashMap<TagSet, Rc<Meter>>>,
    keys: OnceCell<Rc<KeyWatch>>,
}

impl Meters {
    /// The meter whose samples carry these tags.
    pub fn of(
        &self,
        tags: TagSet,
        context: &Rc<WorkerContext>,
        (measures, keys): (Measures, &Arc<KeyRates>),
        system_tags: &SystemTags,
    ) -> Rc<Meter> {
        let mut meters = self.by_tags.borrow_mut();
        if let Some(meter) = meters.get(&tags) {
            return meter.clone();
        }
        let meter = Meter::new(context.shard.clone(), measures, system_tags.clone(), tags.clone());
        let keys = self.keys.get_or_init(|| Rc::new(KeyWatch::new(keys.clone())));
        let meter = Rc::new(meter.watching(keys.clone()));
        if meters.len() < KEPT {
            meters.insert(tags, meter.clone());
        }
        meter
    }
}

/// Passes on to a meter what it is told, and counts attempts.
pub struct Counting {
    meter: Rc<Meter>,
    attempts: Cell<u32>,
}

impl Counting {
    /// A watch of a call that has not begun.
    pub fn new(meter: Rc<Meter>) -> Self {
        Self { meter, attempts: Cell::new(0) }
    }

    /// The attempts so far.
    pub fn attempts(&self) -> u32 {
        self.attempts.get()
    }

    /// Whether what the script wanted came true.
    pub fn wanted(&self, method: &'static str, came_true: bool) {
        self.meter.wanted(method, came_true);
    }
}

impl Watch for Counting {
    fn attempt(&self, call: &Call, exchange: &Exchange, fault: Option<&Fault>) {
        self.attempts.set(self.attempts.get() + 1);
        self.meter.attempt(call, exchange, fault);
    }

    fn interrupted(&self, call: &Call, exchange: &Exchange) {
        self.meter.interrupted(call, exchange);
    }

    fn back_off(&self, call: &Call, wait: Duration) {
        self.meter.back_off(call, wait);
    }

    fn waited(&self, call: &Call, waited: Duration) {
        self.meter.waited(call, waited);
    }

    fn end(&self, call: &Call, end: &CallEnd<'_>) {
        self.meter.end(call, end);
    }
}
