//! A customer is one virtual user: a client, and what to do next.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use flashcrowd_dynamodb::{Call, Client, Fault, FaultKind, Item, Meter};
use flashcrowd_engine::{ActiveScenario, AsyncVu, Iteration, VuIds};
use flashcrowd_metrics::TagSet;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::settlement::{OrderOutcome, Settlement};
use super::worker::Worker;
use crate::shop::{Pattern, Workload};

/// How long a customer waits after a step that would fail again at once.
const RETRY: Duration = Duration::from_secs(1);

/// How long a customer waits at first for a network that does not answer; it doubles up to [`RETRY`].
const FIRST_RETRY: Duration = Duration::from_millis(50);

/// What orders are tagged with.
const ORDER: &str = "order";

/// One customer.
pub(super) struct Customer {
    worker: Rc<Worker>,
    client: Client,
    active: RefCell<Option<Active>>,
    /// How long it waited for the network the last time.
    waited: Cell<Duration>,
}

/// The scenario that a customer is in.
#[derive(Clone)]
struct Active {
    scenario: Rc<ActiveScenario>,
    meter: Rc<Meter>,
    task: Task,
    /// Whether it waits between steps: not where iterations start by the clock.
    waits: bool,
}

/// What customers of a scenario do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// They look at products.
    Looks,
    /// They order.
    Orders,
    /// Each of them does both.
    Both,
}

impl Task {
    fn of(exec: &str) -> Self {
        match exec {
            Workload::ORDERS => Self::Orders,
            Workload::MIXED => Self::Both,
            _ => Self::Looks,
        }
    }
}

/// A page of a scan.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    last_evaluated_key: Option<Item>,
}

/// The answer to a get.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Got {
    item: Option<IgnoredAny>,
}

impl Customer {
    /// A customer that has not done anything.
    pub(super) fn new(worker: Rc<Worker>, ids: VuIds) -> Rc<Self> {
        let service = worker.behaviour.settings.service.clone();
        let client = Client::new(service, worker.http.clone(), ids.in_instance);
        Rc::new(Self { worker, client, active: RefCell::default(), waited: Cell::default() })
    }

    /// Looks at products in one of the ways.
    async fn look(&self, meter: &Meter) -> Result<(), Fault> {
        let pattern = self.worker.draw_pattern();
        let found = match pattern {
            Pattern::Scan => self.scan(meter).await,
            Pattern::Query => self.query(meter).await,
            Pattern::Get => self.get(meter).await,
        };
        meter.wanted(pattern.name(), *found.as_ref().unwrap_or(&false));
        found.map(|_| ())
    }

    /// Reads all products, page by page.
    async fn scan(&self, meter: &Meter) -> Result<bool, Fault> {
        self.pages(meter, |start| self.worker.scan(start)).await
    }

    /// Makes the calls for one page after the other.
    async fn pages(
        &self,
        meter: &Meter,
        page: impl Fn(Option<&Item>) -> Result<Call, Fault>,
    ) -> Result<bool, Fault> {
        let mut start: Option<Item> = None;
        loop {
            let call = page(start.as_ref())?;
            let page: Page = self.client.call(&call, meter).await?.json()?;
            match page.last_evaluated_key {
                Some(key) if start.as_ref() == Some(&key) => {
                    return Err(Fault::unreadable("a page of a scan ends where it began"));
                }
                Some(key) if !key.is_empty() => start = Some(key),
                _ => return Ok(true),
            }
        }
    }

    /// Reads the products of the category of a product that is popular.
    async fn query(&self, meter: &Meter) -> Result<bool, Fault> {
        let Some(product) = self.worker.draw_product() else { return Err(nothing_there()) };
        if self.worker.filters() {
            return self.pages(meter, |start| self.worker.filtered(&product.category, start)).await;
        }
        self.client.call(&self.worker.query(&product.category)?, meter).await?;
        Ok(true)
    }

    /// Reads one product; false if it is not there.
    async fn get(&self, meter: &Meter) -> Result<bool, Fault> {
        let Some(product) = self.worker.draw_product() else { return Err(nothing_there()) };
        let reply = self.client.call(&self.worker.get(&product.id)?, meter).await?;
        Ok(reply.json::<Got>()?.item.is_some())
    }

    /// Makes an order.
    async fn order(&self, meter: &Meter) -> Result<(), Fault> {
        let Some(order) = self.worker.draw_order() else {
            meter.wanted(ORDER, false);
            return Err(nothing_there());
        };
        let settlement = Settlement::new(&self.worker.behaviour, &order, meter);
        let result = match self.worker.order(&order) {
            Ok(call) => self.client.call(&call, &settlement).await,
            Err(fault) => Err(fault),
        };
        let outcome = settlement.settle(&result);
        meter.wanted(ORDER, matches!(outcome, OrderOutcome::Accepted | OrderOutcome::SoldOut));
        result.map(|_| ())
    }

    /// How long to wait after a step that ended with that fault. Whoever was throttled has waited already.
    fn pause_after(&self, fault: Option<&Fault>) -> Duration {
        let waited = self.waited.take();
        match fault.map(|fault| fault.kind) {
            None | Some(FaultKind::Throttled | FaultKind::Conflict | FaultKind::Conditional) => {
                Duration::ZERO
            }
            Some(FaultKind::Network | FaultKind::Server) => {
                let wait = (waited * 2).clamp(FIRST_RETRY, RETRY);
                self.waited.set(wait);
                wait
            }
            Some(
                FaultKind::Denied
                | FaultKind::NotFound
                | FaultKind::Invalid
                | FaultKind::Unknown
                | FaultKind::Unreadable
                | FaultKind::Busy,
            ) => RETRY,
        }
    }
}

impl AsyncVu for Customer {
    fn activate(&self, scenario: &Rc<ActiveScenario>) {
        *self.active.borrow_mut() = Some(Active {
            scenario: scenario.clone(),
            meter: self.worker.meter(scenario),
            task: Task::of(&scenario.exec),
            waits: !scenario.executor.ends_with("arrival-rate"),
        });
    }

    /// Takes one step, and waits before the next. An order that is cut off is settled as far as it can be.
    async fn iterate(&self, _: Iteration) {
        let Some(active) = self.active.borrow().clone() else { return };
        let orders = match active.task {
            Task::Looks => false,
            Task::Orders => true,
            Task::Both => !self.worker.draw_look(),
        };
        let done = if orders { self.order(&active.meter).await } else { self.look(&active.meter).await };
        let wait = self.worker.workload().think_time.max(self.pause_after(done.err().as_ref()));
        if active.waits {
            self.client.rest(wait).await;
        }
    }

    fn tags(&self) -> TagSet {
        self.active.borrow().as_ref().map(|active| active.scenario.tags.clone()).unwrap_or_default()
    }
}

/// The catalogue is empty, or nobody is there to buy.
fn nothing_there() -> Fault {
    Fault::new(FaultKind::NotFound, "EmptyCatalogue", "there is nothing to buy, or nobody to buy it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_small() {
        fn size<'a, F>(_: fn(&'a Customer, Iteration) -> F) -> usize {
            size_of::<F>()
        }
        let sizes = [size(Customer::iterate), size_of::<Customer>()];
        assert!(sizes[0] <= 12 * 1024 && sizes[1] <= 1024, "{sizes:?}");
    }
}
