//! Measures what the engine itself costs: iterations of an empty virtual user, and the lag of arrivals.
//!
//! `cargo run --release -p flashcrowd-engine --example pace`

use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use flashcrowd_engine::{
    ActiveScenario, Behaviour, BoxError, Control, Iteration, Outcome, TestConfig, Vu, VuFactory, VuIds,
    Watchers, WorkerContext, parse_scenarios, run,
};
use flashcrowd_metrics::{Builtin, Plan, Registry, Stat, TagSet};
use futures_util::future::LocalBoxFuture;
use serde_json::{Value, json};

struct Empty;

struct EmptyVu(TagSet);

impl Behaviour for Empty {
    fn on_worker(self: Arc<Self>, _worker: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Empty)
    }
}

impl VuFactory for Empty {
    fn init(&self, _ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async { Ok(Box::new(EmptyVu(TagSet::empty())) as Box<dyn Vu>) })
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async { Ok(()) })
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async { Ok(()) })
    }
}

impl Vu for EmptyVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.0 = scenario.tags.clone();
    }

    fn start(&mut self, _iteration: Iteration) {}

    fn poll(&mut self, _cx: &mut Context<'_>) -> Poll<Outcome> {
        Poll::Ready(Outcome::Finished)
    }

    fn interrupt(&mut self) {}

    fn tags(&self) -> TagSet {
        self.0.clone()
    }
}

#[expect(clippy::print_stdout, reason = "an example prints its figures")]
#[tokio::main(flavor = "current_thread")]
async fn main() {
    for workers in [1, 2] {
        let looping = json!({"a": {"executor": "constant-vus", "vus": 100, "duration": "3s"}});
        println!("constant-vus, 100 VUs, {workers} workers: {}", measure(workers, looping).await);
        for (rate, arrivals) in [(5_000, "even"), (5_000, "poisson"), (20_000, "even"), (20_000, "poisson")] {
            let scenarios = json!({"a": {
                "executor": "constant-arrival-rate", "rate": rate, "duration": "5s", "preAllocatedVUs": 200,
                "arrivals": arrivals
            }});
            println!(
                "constant-arrival-rate {rate}/s {arrivals}, {workers} workers: {}",
                measure(workers, scenarios).await
            );
        }
    }
}

async fn measure(workers: usize, scenarios: Value) -> String {
    let scenarios = parse_scenarios(&scenarios).expect("the example's scenarios are valid");
    let mut test = TestConfig::new(scenarios, Arc::new(Plan::new(Registry::new())));
    test.workers = workers;
    let result = run(test, Arc::new(Empty), Arc::new(Control::new()), Watchers::none()).await;
    let counts = result.scenarios[0].iterations;
    let nanos = result.elapsed.as_nanos() as f64 * workers as f64 / counts.completed as f64;
    let lag = |stat| result.totals.metric(Builtin::ITERATION_LAG).and_then(|lag| lag.stat(stat, 1.0));
    let figures = [Stat::Med, Stat::Percentile(99.0), Stat::Max].map(|stat| lag(stat).unwrap_or_default());
    format!("{counts:?}, {nanos:.0} ns of a thread each, lag med/p99/max {figures:.3?} ms")
}
