//! A front end that only these tests know: users that count, ordered by a name such as `4 users for 3 s.count`.

use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use flashcrowd_engine::executor::ConstantVus;
use flashcrowd_engine::{
    AsyncVu, AsyncVuAdapter, Behaviour, BoxError, ExecutorConfig, Iteration, ScenarioConfig, Vu, VuFactory,
    VuIds, WorkerContext,
};
use flashcrowd_metrics::Registry;
use flashcrowd_record::{Expected, TestInfo};
use flashcrowd_test::{FrontEnd, LoadError, Options, Place, Problem, Request, Test};
use futures_util::future::LocalBoxFuture;

/// Counts iterations.
#[derive(Clone, Default)]
pub struct Counting(pub Arc<AtomicU64>);

struct CountingTest(Counting, Options, Registry);

impl FrontEnd for &'static Counting {
    fn name(&self) -> &'static str {
        "count"
    }
    fn extensions(&self) -> &'static [&'static str] {
        &["count"]
    }
    fn load(&self, request: &Request) -> Result<Vec<Box<dyn Test>>, LoadError> {
        let numbers: Vec<u64> = request.origin.stem().split(' ').filter_map(|w| w.parse().ok()).collect();
        let [vus, seconds] = numbers[..] else {
            let place = Place::Line(request.origin.path().to_owned(), 1, 1);
            return Err(LoadError::Problems(vec![Problem {
                place,
                message: "write 4 users for 3 s".into(),
            }]));
        };
        let executor =
            ExecutorConfig::ConstantVus(ConstantVus { vus, duration: Duration::from_secs(seconds) });
        let options = Options::of_scenarios(vec![ScenarioConfig::new("count", executor)])?;
        Ok(vec![Box::new(CountingTest(Counting::clone(self), options, Registry::new()))])
    }
}

impl Test for CountingTest {
    fn info(&self) -> TestInfo {
        TestInfo { name: "count".into(), source: "a text".into() }
    }
    fn options(&self) -> &Options {
        &self.1
    }
    fn registry(&self) -> &Registry {
        &self.2
    }
    fn behaviour(&self) -> Arc<dyn Behaviour> {
        Arc::new(self.0.clone())
    }
    fn expected(&self) -> Vec<Expected> {
        vec![Expected { name: "iteration_rate".into(), target: "> 10".into() }]
    }
}

impl Behaviour for Counting {
    fn on_worker(self: Arc<Self>, _: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new((*self).clone())
    }
}

impl VuFactory for Counting {
    fn init(&self, _: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async { Ok(Box::new(AsyncVuAdapter::new(Rc::new(self.clone()))) as Box<dyn Vu>) })
    }
}

impl AsyncVu for Counting {
    async fn iterate(&self, _: Iteration) {
        tokio::time::sleep(Duration::from_millis(10)).await;
        self.0.fetch_add(1, Relaxed);
    }
}
