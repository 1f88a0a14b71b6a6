//! The behaviour of a plan is what the engine asks for its virtual users.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flashcrowd_engine::{AsyncVuAdapter, Behaviour, BoxError, Vu, VuFactory, VuIds, WorkerContext};
use flashcrowd_http::{Shared, SystemTags};
use flashcrowd_metrics::{Contains, Kind, MetricId, Registry, TagSet};
use futures_util::future::{FutureExt, LocalBoxFuture};

use super::user::User;
use super::worker::Worker;
use crate::model::TestPlan;

/// What a plan's behaviour needs besides the plan.
#[derive(Clone, Debug)]
pub struct PlanSettings {
    /// How the HTTP client behaves.
    pub http: Arc<Shared>,
    /// Tags that are on.
    pub system_tags: SystemTags,
    /// Tags of every sample of the run.
    pub run_tags: TagSet,
    /// Where metrics of the plan's own are defined.
    pub registry: Registry,
}

/// What the users of a plan do.
pub struct PlanBehaviour {
    pub(crate) plan: Arc<TestPlan>,
    pub(crate) settings: PlanSettings,
    /// For each data source how many values it has given in their order, to whichever worker.
    pub(crate) turns: Box<[AtomicU64]>,
    /// For each audit the counter of what was sold.
    pub(crate) sold: Box<[MetricId]>,
}

impl PlanBehaviour {
    /// The behaviour of a plan's users.
    ///
    /// # Panics
    /// When the registry has another kind of metric under the name of [`PlanBehaviour::sold_metric`].
    pub fn new(plan: Arc<TestPlan>, settings: PlanSettings) -> Arc<Self> {
        let define = |name: &str| {
            let counter =
                settings.registry.define(&Self::sold_metric(name), Kind::Counter, Contains::Default);
            counter.expect("the name is a valid one that only plans give, and only to counters")
        };
        let sold = plan.audits.iter().map(|audit| define(&audit.name)).collect();
        let turns = plan.data.iter().map(|_| AtomicU64::new(0)).collect();
        Arc::new(Self { plan, settings, turns, sold })
    }

    /// The name of the counter of what successes sold, for an audit: `sold_stock`. What no metric's name may have is
    /// written by its code, so that stocks with different names are different metrics.
    pub fn sold_metric(audit: &str) -> String {
        const LONGEST: usize = 128;
        let mut name = "sold_".to_owned();
        for c in audit.chars() {
            let part = match c {
                c if c.is_ascii_alphanumeric() || c == '_' => c.to_string(),
                c => format!("_{:x}", u32::from(c)),
            };
            if name.len() + part.len() > LONGEST {
                break;
            }
            name.push_str(&part);
        }
        name
    }
}

impl Behaviour for PlanBehaviour {
    fn on_worker(self: Arc<Self>, context: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Factory(Worker::new(self, context)))
    }
}

struct Factory(Rc<Worker>);

impl VuFactory for Factory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        async move { Ok(Box::new(AsyncVuAdapter::new(User::new(self.0.clone(), ids))) as Box<dyn Vu>) }
            .boxed_local()
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        async { Ok(()) }.boxed_local()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stock_has_a_valid_counter_of_its_own() {
        let registry = Registry::new();
        for (name, metric) in [
            ("stock", "sold_stock"),
            ("a b", "sold_a_20b"),
            ("a-b", "sold_a_2db"),
            ("재고", "sold__c7ac_ace0"),
            ("", "sold_"),
        ] {
            assert_eq!(PlanBehaviour::sold_metric(name), metric);
            registry.define(metric, Kind::Counter, Contains::Default).unwrap();
        }
        let long = PlanBehaviour::sold_metric(&"재".repeat(200));
        registry.define(&long, Kind::Counter, Contains::Default).unwrap();
    }
}
