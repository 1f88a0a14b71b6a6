//! A fake virtual user waits for a while and notes what it was asked to do.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_engine::{
    AbortReason, ActiveScenario, Behaviour, BoxError, Control, Iteration, Observer, Outcome, RunEvent,
    RunResult, TestConfig, Tick, Vu, VuFactory, VuIds, Watchers, WorkerContext, parse_scenarios, run_here,
};
use flashcrowd_metrics::{Builtin, MetricId, Plan, Registry, Sink, TagSet};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tokio::task::LocalSet;
use tokio::time::{Instant, Sleep, sleep};

/// An iteration that was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    pub at: Duration,
    pub vu: VuIds,
    pub scenario: String,
    pub in_instance: u64,
    pub in_test: u64,
    pub in_scenario: u64,
}

/// Says how long an iteration takes that starts at a moment.
pub type Server = Box<dyn FnMut(Duration) -> Duration + Send>;

/// What fake virtual users do.
#[derive(Default)]
pub struct Fake {
    /// How long an iteration takes.
    pub takes: Duration,
    /// How long initializing a virtual user beyond the planned ones takes.
    pub init_takes: Duration,
    /// How long setup takes.
    pub setup_takes: Duration,
    /// Whether an interrupted virtual user never answers.
    pub stuck: bool,
    /// The virtual user that cannot be initialized.
    pub broken: Option<u64>,
    /// Aborts the test at the start of that iteration.
    pub abort_at: Option<u64>,
    /// How long an iteration takes that starts at a moment of the scenario, instead of `takes`.
    pub server: Option<Mutex<Server>>,
    /// Notes nothing, for many iterations.
    pub silent: bool,
    pub starts: Mutex<Vec<Start>>,
    pub stages: Mutex<Vec<&'static str>>,
    pub alive: Mutex<i64>,
}

struct Factory {
    fake: Arc<Fake>,
    worker: Rc<WorkerContext>,
}

struct FakeVu {
    fake: Arc<Fake>,
    worker: Rc<WorkerContext>,
    ids: VuIds,
    scenario: Option<Rc<ActiveScenario>>,
    running: Option<Pin<Box<Sleep>>>,
    interrupted: bool,
    born: Instant,
}

impl Behaviour for Fake {
    fn on_worker(self: Arc<Self>, worker: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new(Factory { fake: self, worker })
    }
}

impl VuFactory for Factory {
    fn init(&self, ids: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async move {
            if self.worker.control.started().is_some() {
                sleep(self.fake.init_takes).await;
            }
            if self.fake.broken == Some(ids.in_instance) {
                return Err("broken".into());
            }
            *self.fake.alive.lock().unwrap() += 1;
            let vu = FakeVu {
                fake: self.fake.clone(),
                worker: self.worker.clone(),
                ids,
                scenario: None,
                running: None,
                interrupted: false,
                born: Instant::now(),
            };
            Ok(Box::new(vu) as Box<dyn Vu>)
        })
    }

    fn setup(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async {
            sleep(self.fake.setup_takes).await;
            self.fake.stages.lock().unwrap().push("setup");
            Ok(())
        })
    }

    fn teardown(&self) -> LocalBoxFuture<'_, Result<(), BoxError>> {
        Box::pin(async {
            self.fake.stages.lock().unwrap().push("teardown");
            Ok(())
        })
    }
}

impl Vu for FakeVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.scenario = Some(scenario.clone());
    }

    fn start(&mut self, iteration: Iteration) {
        let scenario = self.scenario.as_ref().unwrap();
        let at = self.born.max(scenario.started).max(Instant::now()) - scenario.started;
        if !self.fake.silent {
            self.fake.starts.lock().unwrap().push(Start {
                at,
                vu: self.ids,
                scenario: scenario.name.to_string(),
                in_instance: iteration.in_instance,
                in_test: iteration.in_test,
                in_scenario: iteration.in_scenario,
            });
        }
        if self.fake.abort_at == Some(iteration.in_instance) {
            self.worker.control.abort(AbortReason::Script("enough".into()));
        }
        self.interrupted = false;
        let takes = match &self.fake.server {
            Some(server) => (server.lock().unwrap())(at),
            None => self.fake.takes,
        };
        self.running = (!takes.is_zero()).then(|| Box::pin(sleep(takes)));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        match &mut self.running {
            _ if self.interrupted && self.fake.stuck => Poll::Pending,
            _ if self.interrupted => Poll::Ready(Outcome::Interrupted),
            None => Poll::Ready(Outcome::Finished),
            Some(sleep) => sleep.as_mut().poll(cx).map(|()| Outcome::Finished),
        }
    }

    fn interrupt(&mut self) {
        self.interrupted = true;
    }

    fn tags(&self) -> TagSet {
        self.scenario.as_ref().unwrap().tags.clone()
    }
}

impl Drop for FakeVu {
    fn drop(&mut self) {
        *self.fake.alive.lock().unwrap() -= 1;
    }
}

/// Notes what it is told.
#[derive(Default)]
pub struct Watch {
    pub events: Vec<String>,
    pub ticks: Vec<(Duration, u64, u64, f64)>,
    pub rates: Vec<Option<f64>>,
}

impl Observer for Watch {
    fn on_event(&mut self, event: &RunEvent) {
        self.events.push(match event {
            RunEvent::Warning(warning) => warning.to_string(),
            other => format!("{other:?}"),
        });
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        let iterations = sum(tick.totals.metric(Builtin::ITERATIONS));
        self.ticks.push((tick.elapsed, tick.vus_active, tick.vus_initialized, iterations));
        self.rates.extend(tick.scenarios.first().map(|scenario| scenario.rate));
    }
}

/// What came of a run.
pub struct Ran {
    pub fake: Arc<Fake>,
    pub result: RunResult,
    pub watch: Watch,
}

impl Ran {
    /// When iterations started, in milliseconds, in order.
    pub fn starts(&self) -> Vec<u64> {
        self.starts_of(|_| true)
    }

    /// When chosen iterations started, in milliseconds, in order.
    pub fn starts_of(&self, chosen: impl Fn(&Start) -> bool) -> Vec<u64> {
        let starts = self.fake.starts.lock().unwrap();
        starts.iter().filter(|start| chosen(start)).map(|start| start.at.as_millis() as u64).collect()
    }

    /// Completed, interrupted and dropped iterations of a scenario.
    pub fn counts(&self, scenario: usize) -> (u64, u64, u64) {
        let counts = self.result.scenarios[scenario].iterations;
        (counts.completed, counts.interrupted, counts.dropped)
    }

    /// The sum of a counter, or the number of samples of a trend.
    pub fn sum(&self, metric: MetricId) -> f64 {
        sum(self.result.totals.metric(metric))
    }
}

pub fn sum(sink: Option<&Sink>) -> f64 {
    match sink {
        None => 0.0,
        Some(Sink::Counter { sum, .. }) => *sum,
        Some(other) => other.samples() as f64,
    }
}

pub fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A test of these scenarios, in k6's notation.
pub fn test(scenarios: Value) -> TestConfig {
    let scenarios = parse_scenarios(&scenarios).unwrap();
    TestConfig::new(scenarios, Arc::new(Plan::new(Registry::new())))
}

/// Runs a test on one worker, on the test's clock.
pub async fn go(test: TestConfig, fake: Fake) -> Ran {
    go_steered(test, fake, |_| std::future::pending()).await
}

/// The same, while somebody steers it.
pub async fn go_steered<S: Future<Output = ()>>(
    test: TestConfig,
    fake: Fake,
    steer: impl FnOnce(Arc<Control>) -> S,
) -> Ran {
    let (fake, control, mut watch) = (Arc::new(fake), Arc::new(Control::new()), Watch::default());
    let local = LocalSet::new();
    let steering = async {
        steer(control.clone()).await;
        std::future::pending().await
    };
    let run = run_here(test, fake.clone(), control.clone(), Watchers::none().observer(&mut watch));
    let result = local
        .run_until(async {
            tokio::select! {
                result = run => result,
                () = steering => unreachable!("it goes on until the run is over"),
            }
        })
        .await;
    drop(local);
    Ran { fake, result, watch }
}

/// A fake whose iterations take that many milliseconds.
pub fn taking(milliseconds: u64) -> Fake {
    Fake { takes: ms(milliseconds), ..Fake::default() }
}
