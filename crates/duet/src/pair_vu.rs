//! A pair of virtual users: each iteration runs at both variants, in random order and close together.

use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_engine::{ActiveScenario, Iteration, Outcome, Vu, WorkerContext};
use flashcrowd_metrics::{Sample, TagSet};
use tokio::time::{Instant, Sleep};

use crate::chance::Chance;
use crate::pair::{Pair, Variant, Visit};
use crate::recording::RequestNames;
use crate::shared_trial::{Outbox, SharedTrial};

/// The tag that tells the variants apart.
pub(crate) const VARIANT: &str = "variant";

/// A variant that has not come to its end so long after the other one has failed.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the pairs of one thread share.
pub(crate) struct PairContext {
    pub(crate) worker: Rc<WorkerContext>,
    pub(crate) trial: Arc<SharedTrial>,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) names: RequestNames,
}

/// A pair of virtual users.
pub(crate) struct PairVu {
    context: Rc<PairContext>,
    sides: [Side; 2],
    scenario: usize,
    tags: TagSet,
    /// The iteration that runs, and the second in which it began.
    running: Option<(Iteration, u64)>,
    /// The side that has yet to begin, and when.
    second: Option<(Variant, Pin<Box<Sleep>>)>,
    samples: Vec<Sample>,
}

/// One of both virtual users.
struct Side {
    vu: Box<dyn Vu>,
    state: State,
    visit: Visit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waiting,
    Running,
    Ended(Outcome, Instant),
}

impl PairVu {
    pub(crate) fn new(context: Rc<PairContext>, vus: [Box<dyn Vu>; 2]) -> Self {
        let side = |vu| Side { vu, state: State::Waiting, visit: Visit::default() };
        Self {
            context,
            sides: vus.map(side),
            scenario: 0,
            tags: TagSet::empty(),
            running: None,
            second: None,
            samples: Vec::new(),
        }
    }

    fn begin(&mut self, variant: Variant, iteration: Iteration) {
        let side = &mut self.sides[variant.index()];
        side.vu.start(iteration);
        side.state = State::Running;
    }

    /// Lets one side go on, and takes down what it does.
    fn poll_side(&mut self, variant: Variant, cx: &mut Context<'_>) {
        let (context, side) = (&self.context, &mut self.sides[variant.index()]);
        if side.state != State::Running {
            return;
        }
        // What others have added since.
        context.worker.shard.borrow_mut().take_recent(&mut self.samples);
        let polled = side.vu.poll(cx);
        context.worker.shard.borrow_mut().take_recent(&mut self.samples);
        context.names.record(&self.samples, context.trial.expected(variant), &mut side.visit);
        if let Poll::Ready(outcome) = polled {
            side.state = State::Ended(outcome, Instant::now());
        }
    }

    fn begin_second(&mut self, cx: &mut Context<'_>) {
        let (Some((variant, sleep)), Some((iteration, _))) = (&mut self.second, self.running) else { return };
        if sleep.as_mut().poll(cx).is_ready() {
            let variant = *variant;
            self.second = None;
            self.begin(variant, iteration);
        }
    }

    fn end(&mut self, second: u64, ended: [(Outcome, Instant); 2]) -> Outcome {
        self.running = None;
        let visits = self.sides.each_mut().map(|side| std::mem::take(&mut side.visit));
        // What did not go well on one side did not go well.
        let outcome = match ended.map(|(outcome, _)| outcome) {
            [Outcome::Interrupted, _] | [_, Outcome::Interrupted] => Outcome::Interrupted,
            [a, b] => {
                if a == Outcome::Finished {
                    b
                } else {
                    a
                }
            }
        };
        self.context.outbox.end(Pair { second, sides: judged(visits, ended) });
        outcome
    }
}

/// What both sides did; none of a pair that was cut short, unless only one of both sides hung.
fn judged(visits: [Visit; 2], ended: [(Outcome, Instant); 2]) -> Option<[Visit; 2]> {
    let [(a, a_at), (b, b_at)] = ended;
    let hung = |from: Instant, to: Instant| to.saturating_duration_since(from) >= PATIENCE;
    let [mut at_a, mut at_b] = visits.map(|visit| {
        let failed = visit.failed || visit.requests.iter().any(|request| request.failed);
        Visit { failed, ..visit }
    });
    match (a, b) {
        (Outcome::Interrupted, Outcome::Interrupted) => return None,
        (Outcome::Interrupted, _) if hung(b_at, a_at) => at_a.failed = true,
        (_, Outcome::Interrupted) if hung(a_at, b_at) => at_b.failed = true,
        (Outcome::Interrupted, _) | (_, Outcome::Interrupted) => return None,
        _ => {
            at_a.failed |= a != Outcome::Finished;
            at_b.failed |= b != Outcome::Finished;
        }
    }
    Some([at_a, at_b])
}

impl Vu for PairVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.scenario = scenario.index;
        self.tags = scenario.tags.clone();
        for variant in Variant::BOTH {
            let active = ActiveScenario {
                index: scenario.index,
                name: scenario.name.clone(),
                executor: scenario.executor,
                exec: scenario.exec.clone(),
                env: scenario.env.clone(),
                tags: scenario.tags.with(VARIANT, variant.tag()),
                started: scenario.started,
                length: scenario.length,
            };
            self.sides[variant.index()].vu.activate(&Rc::new(active));
        }
    }

    fn start(&mut self, iteration: Iteration) {
        let chance = Chance::of(self.context.trial.seed(), self.scenario, iteration.in_test);
        let iteration = Iteration { seed: Some(chance.seed), ..iteration };
        let now = Instant::now();
        let second = self.context.trial.second(now);
        self.context.outbox.begin(second);
        self.running = Some((iteration, second));
        for side in &mut self.sides {
            side.state = State::Waiting;
            side.visit = Visit::default();
        }
        let other = match chance.first {
            Variant::A => Variant::B,
            Variant::B => Variant::A,
        };
        self.begin(chance.first, iteration);
        self.second = Some((other, Box::pin(tokio::time::sleep_until(now + chance.apart))));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        self.begin_second(cx);
        Variant::BOTH.into_iter().for_each(|variant| self.poll_side(variant, cx));
        let (Some((_, second)), [State::Ended(a, a_at), State::Ended(b, b_at)]) =
            (self.running, self.sides.each_ref().map(|side| side.state))
        else {
            return Poll::Pending;
        };
        Poll::Ready(self.end(second, [(a, a_at), (b, b_at)]))
    }

    fn interrupt(&mut self) {
        self.second = None;
        for side in &mut self.sides {
            match side.state {
                State::Waiting => side.state = State::Ended(Outcome::Interrupted, Instant::now()),
                State::Running => side.vu.interrupt(),
                State::Ended(..) => {}
            }
        }
    }

    fn tags(&self) -> TagSet {
        self.tags.clone()
    }
}

impl Drop for PairVu {
    /// A pair that is given up where it stands is one that was cut short.
    fn drop(&mut self) {
        if let Some((_, second)) = self.running {
            self.context.outbox.end(Pair { second, sides: None });
        }
    }
}
