//! The parties of a simulated run: the lead and agents as they are, and virtual users that only note what they do.

use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use flashcrowd_engine::{
    ActiveScenario, AsyncVu, AsyncVuAdapter, Behaviour, BoxError, Control, Iteration, RunResult,
    ScenarioConfig, Share, TestConfig, Vu, VuFactory, VuIds, Watchers, WorkerContext,
};
use flashcrowd_metrics::{MetricId, Plan, PortableKey, PortableSink, Registry, Stat};
use flashcrowd_record::TestInfo;
use flashcrowd_session::{Play, Player as _};
use flashcrowd_test::{Interrupt, OptionLayer, Options, Test, Tier};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::agent::Agent;
use crate::bus::Bus;
use crate::second::Second;

/// Agents that still wait for a lead are ended by a signal.
const SIGNAL: Duration = Duration::from_secs(350);

/// What all virtual users of a run have begun, and ended: the number of each iteration, and its scenario.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) begun: Vec<(String, u64)>,
    pub(super) ended: u64,
}

pub(super) type SharedLedger = Arc<Mutex<Ledger>>;

/// A test that only notes its iterations.
pub(super) struct SimTest {
    options: Options,
    registry: Registry,
    ledger: SharedLedger,
    longest: Duration,
}

impl SimTest {
    pub(super) fn new(scenarios: Value, longest: Duration, ledger: &SharedLedger) -> Self {
        let (layer, problems, _) = OptionLayer::from_json(&serde_json::json!({ "scenarios": scenarios }));
        assert!(problems.is_empty(), "{problems:?}");
        let options = Options::consolidate(&[(Tier::Script, layer)]).unwrap().options;
        Self { options, registry: Registry::new(), ledger: ledger.clone(), longest }
    }

    pub(super) fn play<'a>(&self, share: Share, control: &Arc<Control>) -> Play<'a> {
        let plan = Arc::new(Plan::new(self.registry.clone()));
        let mut test = TestConfig::new(self.scenarios().to_vec(), plan);
        (test.share, test.no_setup, test.no_teardown) = (share, true, true);
        Play { test, behaviour: self.behaviour(), control: control.clone(), watchers: Watchers::none() }
    }

    pub(super) fn scenarios(&self) -> &[ScenarioConfig] {
        self.options.scenarios()
    }
}

impl Test for SimTest {
    fn info(&self) -> TestInfo {
        TestInfo { name: "sim".to_owned(), source: "sim".to_owned() }
    }

    fn options(&self) -> &Options {
        &self.options
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn behaviour(&self) -> Arc<dyn Behaviour> {
        Arc::new(Noting { ledger: self.ledger.clone(), longest: self.longest })
    }
}

#[derive(Clone)]
struct Noting {
    ledger: SharedLedger,
    longest: Duration,
}

struct NotingVu {
    noting: Noting,
    scenario: std::cell::RefCell<String>,
}

impl Behaviour for Noting {
    fn on_worker(self: Arc<Self>, _: Rc<WorkerContext>) -> Rc<dyn VuFactory> {
        Rc::new((*self).clone())
    }
}

impl VuFactory for Noting {
    fn init(&self, _: VuIds) -> LocalBoxFuture<'_, Result<Box<dyn Vu>, BoxError>> {
        Box::pin(async {
            sleep(Duration::from_millis(fastrand::u64(0..20))).await;
            let vu = NotingVu { noting: self.clone(), scenario: Default::default() };
            Ok(Box::new(AsyncVuAdapter::new(Rc::new(vu))) as Box<dyn Vu>)
        })
    }
}

impl AsyncVu for NotingVu {
    fn activate(&self, scenario: &Rc<ActiveScenario>) {
        self.scenario.replace(scenario.name.to_string());
    }

    async fn iterate(&self, iteration: Iteration) {
        let ledger = || self.noting.ledger.lock().unwrap_or_else(PoisonError::into_inner);
        ledger().begun.push((self.scenario.borrow().clone(), iteration.in_test));
        let longest = self.noting.longest.as_micros() as u64;
        sleep(Duration::from_micros(fastrand::u64(0..=longest))).await;
        ledger().ended += 1;
    }
}

/// How many iterations a second has.
pub(super) fn iterations(second: &Second) -> u64 {
    let found = second.measured.series.iter().find_map(|series| match (&series.key, &series.sink) {
        (PortableKey::Metric { name, .. }, PortableSink::Counter { sum, .. }) if name == "iterations" => {
            Some(*sum)
        }
        _ => None,
    });
    found.unwrap_or_default() as u64
}

/// What a run has counted.
pub(super) fn counted(result: &RunResult, metric: MetricId) -> u64 {
    let found = result.totals.metric(metric).and_then(|sink| sink.stat(Stat::Count, 1.0));
    found.unwrap_or_default() as u64
}

/// When a party joins, crashes and stands still.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    pub(super) joins: Duration,
    pub(super) crashes: Option<Duration>,
    pub(super) stands_still: Option<(Duration, Duration)>,
}

impl Fate {
    /// Lets a party live as it will: what came of it, and when; none of one that crashed.
    pub(super) async fn live<T>(&self, party: impl Future<Output = T>) -> Option<(T, Instant)> {
        let start = Instant::now();
        let local = LocalSet::new();
        let life = local.run_until(async {
            sleep(self.joins).await;
            (party.await, Instant::now())
        });
        let mut life = pin!(life);
        let mut crash = pin!(async {
            match self.crashes {
                Some(at) => sleep_until(start + at).await,
                None => std::future::pending().await,
            }
        });
        let mut still = self
            .stands_still
            .map(|(from, to)| (Box::pin(sleep_until(start + from)), Box::pin(sleep_until(start + to))));
        std::future::poll_fn(|cx| {
            if crash.as_mut().poll(cx).is_ready() {
                return Poll::Ready(None);
            }
            if let Some((from, to)) = &mut still
                && (from.is_elapsed() || from.as_mut().poll(cx).is_ready())
                && !to.is_elapsed()
                && to.as_mut().poll(cx).is_pending()
            {
                return Poll::Pending;
            }
            life.as_mut().poll(cx).map(Some)
        })
        .await
    }
}

/// An agent from its first word to its last: how it ended.
pub(super) async fn agent(bus: Arc<dyn Bus>, name: String, test: &SimTest) -> Result<RunResult, String> {
    let interrupt = Interrupt::new();
    let signal = interrupt.clone();
    tokio::spawn(async move {
        sleep(SIGNAL).await;
        signal.set();
    });
    let joined = Agent::join(bus, &name, &interrupt).await;
    let joined = joined.map_err(|error| error.to_string())?;
    joined.test().await.map_err(|error| error.to_string())?;
    let (part, of) = joined.part();
    let control = Arc::new(Control::new());
    let play = test.play(Share::whole().split(of)[part].clone(), &control);
    Ok(joined.player(test).play(play).await)
}
