//! The behaviour of the shop's customers is what the engine asks for its virtual users.

use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use flashcrowd_dynamodb::{KeyRates, Measures, Service};
use flashcrowd_engine::{AsyncVuAdapter, Behaviour, BoxError, Vu, VuFactory, VuIds, WorkerContext};
use flashcrowd_http::{Shared, SystemTags};
use futures_util::future::{FutureExt, LocalBoxFuture};

use super::customer::Customer;
use super::worker::Worker;
use crate::shop::{Sales, Workload};

/// What the customers' behaviour needs besides the workload.
#[derive(Clone)]
pub struct ShopSettings {
    /// Where they go.
    pub service: Arc<Service>,
    /// How the HTTP client behaves.
    pub http: Arc<Shared>,
    /// Tags that are on.
    pub system_tags: SystemTags,
    /// The metrics.
    pub measures: Measures,
    /// How fast single keys are used.
    pub keys: Arc<KeyRates>,
}

/// What customers do: those of a scenario that executes [`Workload::ORDERS`] order, those of [`Workload::MIXED`] do both,
/// all others look at products.
///
/// An iteration is one step. What is wanted of it came true (the metric `dynamodb_failed`) when
/// - every page of a scan was answered, or the query was;
/// - the product that was asked for is there;
/// - the order was accepted, or refused because a product is sold out: then the customer has an answer, and the shop has
///   done its work. An order of which nothing is known did not come true.
///
/// Where steps are not started by the clock, a customer waits before the next one if this one failed for a reason that
/// an immediate step would meet again, such as a missing table.
pub struct ShopBehaviour {
    pub(super) workload: Workload,
    pub(super) settings: ShopSettings,
    sales: Mutex<Sales>,
}

impl ShopBehaviour {
    /// The behaviour of a workload.
    pub fn new(workload: Workload, settings: ShopSettings) -> Arc<Self> {
        Arc::new(Self { workload, settings, sales: Mutex::default() })
    }

    /// What was ordered so far, by the customers of all threads.
    pub fn sales(&self) -> Sales {
        self.lock_sales().clone()
    }

    pub(super) fn lock_sales(&self) -> MutexGuard<'_, Sales> {
        // Sales are changed by additions that do not panic, so that they are whole even then.
        self.sales.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Behaviour for ShopBehaviour {
    fn on_worker(self: Arc<Self>, context: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Factory(Worker::new(self, context)))
    }
}

struct Factory(Rc<Worker>);

impl VuFactory for Factory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        async move { Ok(Box::new(AsyncVuAdapter::new(Customer::new(self.0.clone(), ids))) as Box<dyn Vu>) }
            .boxed_local()
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }
}
