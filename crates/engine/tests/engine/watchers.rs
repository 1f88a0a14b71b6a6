//! Observers and controllers: what they are told, the raw samples they are given, and who ends a run.

use std::sync::Arc;
use std::time::Duration;

use flashcrowd_engine::{
    AbortReason, Behaviour, Control, Controller, Decision, Observer, RunEvent, RunResult, SampleBatch,
    TestConfig, Tick, Warning, Watchers, run, run_here,
};
use flashcrowd_metrics::{Builtin, Sample, SinkKey, Threshold};
use serde_json::json;
use tokio::task::LocalSet;
use tokio::time::Instant;

use crate::fake::{Fake, Watch, ms, taking, test};

/// Keeps the samples it is given, and what it is told of them.
#[derive(Default)]
struct Samples {
    /// By worker.
    samples: Vec<Vec<Sample>>,
    /// Keeps the batches as well, as an output does whose own thread does not get ahead.
    slow: bool,
    held: Vec<Arc<SampleBatch>>,
    started: Option<Instant>,
    warnings: usize,
    /// At each tick: the iterations of the totals, and those of the samples so far.
    ticks: Vec<(u64, usize)>,
    dropped: u64,
}

impl Samples {
    fn slow() -> Self {
        Self { slow: true, ..Self::default() }
    }

    fn count(&self) -> usize {
        self.samples.iter().map(Vec::len).sum()
    }

    fn iterations(&self) -> usize {
        self.samples.iter().flatten().filter(|sample| sample.metric == Builtin::ITERATIONS).count()
    }
}

impl Observer for Samples {
    fn on_event(&mut self, event: &RunEvent) {
        match event {
            RunEvent::Started(started) => self.started = Some(*started),
            RunEvent::Warning(Warning::DroppedSamples) => self.warnings += 1,
            _ => {}
        }
    }

    fn on_tick(&mut self, tick: &Tick<'_>) {
        let iterations = tick.totals.metric(Builtin::ITERATIONS).map_or(0, |sink| sink.samples());
        self.ticks.push((iterations, self.iterations()));
        self.dropped = tick.dropped_samples;
    }

    fn wants_samples(&self) -> bool {
        true
    }

    fn on_samples(&mut self, batch: &Arc<SampleBatch>) {
        if self.samples.len() <= batch.worker() {
            self.samples.resize(batch.worker() + 1, Vec::new());
        }
        self.samples[batch.worker()].extend_from_slice(batch.samples());
        if self.slow {
            self.held.push(batch.clone());
        }
    }
}

/// How many samples the totals of all metrics have.
fn total(result: &RunResult) -> u64 {
    let metrics = result.totals.iter().filter(|(key, ..)| matches!(key, SinkKey::Metric(_)));
    metrics.map(|(_, sink, _)| sink.samples()).sum()
}

async fn go(test: TestConfig, fake: Fake, watchers: Watchers<'_>) -> RunResult {
    let behaviour: Arc<dyn Behaviour> = Arc::new(fake);
    let local = LocalSet::new();
    local.run_until(run_here(test, behaviour, Arc::new(Control::new()), watchers)).await
}

fn looping(vus: u64, duration: &str) -> TestConfig {
    test(json!({"a": {"executor": "constant-vus", "vus": vus, "duration": duration}}))
}

#[tokio::test(start_paused = true)]
async fn all_observers_see_the_same() {
    let (mut one, mut two, mut samples) =
        (Watch::default(), Watch::default(), [(); 2].map(|()| Samples::default()));
    let [three, four] = &mut samples;
    let watchers = Watchers::none().observer(&mut one).observer(three).observer(&mut two).observer(four);
    go(looping(2, "2500ms"), taking(250), watchers).await;
    assert_eq!(one.ticks.len(), 3);
    assert_eq!((&one.events, &one.ticks, &one.rates), (&two.events, &two.ticks, &two.rates));
    assert_eq!(samples[0].samples, samples[1].samples);
    assert!(samples[0].count() > 0);
}

#[tokio::test(start_paused = true)]
async fn raw_samples_come_before_the_tick_of_their_interval() {
    let mut samples = Samples::default();
    let result = go(looping(2, "2500ms"), taking(250), Watchers::none().observer(&mut samples)).await;
    assert_eq!(samples.ticks, [(8, 8), (16, 16), (20, 20)]);
    let iterations: Vec<u64> = samples.samples[0]
        .iter()
        .filter(|sample| sample.metric == Builtin::ITERATIONS)
        .map(|sample| sample.at.as_millis() as u64)
        .collect();
    assert_eq!(iterations, (1..=10).flat_map(|at| [at * 250; 2]).collect::<Vec<_>>());
    assert!(samples.samples[0].iter().all(|sample| sample.tags.get("scenario") == Some("a")));
    let of_run = |metric, at, value| (metric, Duration::from_secs(at), value);
    let own: Vec<_> = samples.samples[1].iter().map(|s| (s.metric, s.at, s.value)).collect();
    assert_eq!(
        own,
        [1, 2].map(|at| [of_run(Builtin::VUS, at, 2.0), of_run(Builtin::VUS_MAX, at, 2.0)]).concat()
    );
    assert_eq!(samples.count() as u64, total(&result));
    assert_eq!(samples.started.map(|started| started.elapsed()), Some(result.elapsed));
}

#[tokio::test]
async fn raw_samples_of_all_workers_are_complete_and_in_order() {
    let mut samples = Samples::default();
    let scenarios = json!({"a": {"executor": "shared-iterations", "vus": 20, "iterations": 50_000}});
    let config = TestConfig { workers: 3, ..test(scenarios) };
    let fake: Arc<dyn Behaviour> = Arc::new(Fake { silent: true, ..Fake::default() });
    let watchers = Watchers::none().observer(&mut samples);
    let result = run(config, fake, Arc::new(Control::new()), watchers).await;
    assert_eq!((result.dropped_samples, samples.dropped, samples.warnings), (0, 0, 0));
    assert_eq!(samples.iterations(), 50_000);
    assert_eq!(samples.count() as u64, total(&result));
    for worker in &samples.samples {
        assert!(worker.windows(2).all(|pair| pair[0].at <= pair[1].at));
        assert!(worker.iter().all(|sample| sample.at <= result.elapsed));
    }
}

#[tokio::test]
async fn what_is_too_much_for_a_slow_observer_is_dropped_and_counted() {
    const LIMIT: usize = 10_000;
    let (mut slow, mut other) = (Samples::slow(), Samples::default());
    let scenarios = json!({"a": {"executor": "shared-iterations", "vus": 20, "iterations": 50_000}});
    let config = TestConfig { workers: 2, ..test(scenarios) };
    let fake: Arc<dyn Behaviour> = Arc::new(Fake { silent: true, ..Fake::default() });
    let watchers = Watchers::none().observer(&mut slow).observer(&mut other).max_queued_samples(LIMIT);
    let result = run(config, fake, Arc::new(Control::new()), watchers).await;
    assert!(result.dropped_samples >= 70_000, "{}", result.dropped_samples);
    assert_eq!(slow.count() as u64 + result.dropped_samples, total(&result));
    assert!(slow.samples.iter().all(|worker| worker.len() <= LIMIT));
    assert_eq!((slow.dropped, slow.warnings, other.warnings), (result.dropped_samples, 1, 1));
    assert_eq!(slow.samples, other.samples);
    assert_eq!(result.totals.metric(Builtin::ITERATIONS).map(|sink| sink.samples()), Some(50_000));
}

/// Decides to abort at a tick, and notes what it is told.
struct AbortAt {
    tick: usize,
    reason: AbortReason,
    events: Vec<RunEvent>,
    ticks: usize,
}

impl AbortAt {
    fn new(tick: usize, reason: AbortReason) -> Self {
        Self { tick, reason, events: Vec::new(), ticks: 0 }
    }
}

impl Controller for AbortAt {
    fn on_event(&mut self, event: &RunEvent) {
        self.events.push(event.clone());
    }

    fn on_tick(&mut self, _: &Tick<'_>) -> Decision {
        self.ticks += 1;
        if self.ticks < self.tick { Decision::Continue } else { Decision::Abort(self.reason.clone()) }
    }
}

#[tokio::test(start_paused = true)]
async fn a_controller_ends_the_run_and_the_first_reason_stays() {
    let reached = |what: &str| AbortReason::Reached(what.to_owned());
    let mut config = looping(2, "60s");
    let mut threshold = Threshold::parse("count<3").unwrap();
    threshold.abort_on_fail = true;
    threshold.delay_abort = ms(2500);
    config.thresholds.push(flashcrowd_engine::ThresholdSpec {
        metric: "iterations".into(),
        key: SinkKey::Metric(Builtin::ITERATIONS),
        thresholds: vec![threshold],
    });
    let threshold = || AbortReason::Threshold(vec!["iterations".into()]);
    for (ticks, expected, seconds) in [
        ([2, 2], reached("first"), 2),
        ([3, 2], reached("second"), 2),
        ([3, 3], reached("first"), 3),
        ([4, 4], threshold(), 3),
    ] {
        let mut first = AbortAt::new(ticks[0], reached("first"));
        let mut second = AbortAt::new(ticks[1], reached("second"));
        let mut watch = Watch::default();
        let watchers = Watchers::none().controller(&mut first).observer(&mut watch).controller(&mut second);
        let result = go(config.clone(), taking(500), watchers).await;
        assert_eq!(result.abort, Some(expected), "{ticks:?}");
        assert_eq!(result.elapsed.as_secs(), seconds, "{ticks:?}");
        assert_eq!(first.events, second.events);
        assert!(first.events.iter().any(|event| matches!(event, RunEvent::Running(_))));
        assert_eq!(first.ticks, watch.ticks.len());
    }
}

#[tokio::test(start_paused = true)]
async fn a_controller_sees_the_last_tick() {
    let mut controller = AbortAt::new(3, AbortReason::Reached("the end".into()));
    let result = go(looping(1, "2s"), taking(300), Watchers::none().controller(&mut controller)).await;
    assert_eq!((controller.ticks, result.elapsed), (3, ms(2100)));
    assert_eq!(result.abort, Some(AbortReason::Reached("the end".into())));
}
