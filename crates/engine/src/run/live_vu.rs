//! A live virtual user is one that was initialized, with what the engine knows of it.

use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::Duration;

use flashcrowd_metrics::{Builtin, SeriesId, Shard, TagSet};
use tokio::time::{Instant, sleep_until};

use super::due::Number;
use super::slot::Slot;
use super::worker::Pacing;
use crate::vu::{ActiveScenario, Iteration, Outcome, Vu, WorkerContext};

/// A virtual user that was initialized.
pub(super) struct LiveVu {
    vu: Box<dyn Vu>,
    /// The scenario it works for.
    scenario: Option<usize>,
    /// How many iterations it has started in that scenario.
    started: u64,
    /// Whether the last iteration let other tasks run in between.
    waited: bool,
    series: Option<Series>,
}

/// The tags of its last iteration. The series of its samples are looked up once two iterations in a row had the same
/// tags: those of tags that change with each iteration would only fill the memory.
struct Series {
    tags: TagSet,
    ids: Option<SeriesIds>,
}

#[derive(Clone, Copy)]
struct SeriesIds {
    iterations: SeriesId,
    duration: SeriesId,
    lag: Option<SeriesId>,
}

impl LiveVu {
    pub(super) fn new(vu: Box<dyn Vu>) -> Self {
        Self { vu, scenario: None, started: 0, waited: false, series: None }
    }

    /// Makes it work for a scenario.
    pub(super) fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        if self.scenario.replace(scenario.index) != Some(scenario.index) {
            self.started = 0;
        }
        self.vu.activate(scenario);
    }

    /// Runs one iteration. `due` is when it should have started, where that is known.
    pub(super) async fn iterate(
        &mut self,
        worker: &WorkerContext,
        slot: &Slot,
        number: Number,
        due: Option<Instant>,
        pacing: Pacing,
    ) -> Outcome {
        let Number { in_instance, in_test } = number;
        let Pacing { has_dues, shortest, .. } = pacing;
        let started = Instant::now();
        let lag = due.map(|due| started.saturating_duration_since(due));
        if let Some(lag) = lag {
            self.record_lag(&mut worker.shard.borrow_mut(), lag);
        }
        let lag = lag.or(has_dues.then_some(Duration::ZERO));
        self.vu.start(Iteration { in_instance, in_test, in_scenario: self.started, lag, seed: None });
        self.started += 1;
        let (mut killed, mut waited) = (false, false);
        let outcome = poll_fn(|cx| {
            let polled = slot.poll_iteration(&mut *self.vu, &mut killed, cx);
            waited |= polled.is_pending();
            polled
        })
        .await;
        if !matches!(outcome, Outcome::Interrupted | Outcome::Played) {
            self.record(&mut worker.shard.borrow_mut(), started.elapsed());
            if !shortest.is_zero() {
                Box::pin(pad(slot, started + shortest)).await;
            }
        }
        self.waited = waited;
        outcome
    }

    /// Waits before the next iteration if the target could not be reached in the last one.
    pub(super) async fn back_off(&mut self, slot: &Slot) {
        let pause = self.vu.back_off();
        if !pause.is_zero() {
            self.waited = true;
            Box::pin(pad(slot, Instant::now() + pause)).await;
        }
    }

    /// Whether the last iteration let other tasks run in between.
    pub(super) fn has_waited(&self) -> bool {
        self.waited
    }

    fn record(&mut self, shard: &mut Shard, took: Duration) {
        let (tags, took) = (self.vu.tags(), milliseconds(took));
        let known = self.series.as_mut().filter(|series| series.tags.same(&tags));
        let Some(Series { ids, .. }) = known else {
            return self.record_with_new_tags(shard, tags, took);
        };
        let SeriesIds { iterations, duration, .. } = *ids.get_or_insert_with(|| SeriesIds {
            iterations: shard.series(Builtin::ITERATIONS, &tags),
            duration: shard.series(Builtin::ITERATION_DURATION, &tags),
            lag: None,
        });
        shard.add(iterations, 1.0);
        shard.add(duration, took);
    }

    #[cold]
    fn record_with_new_tags(&mut self, shard: &mut Shard, tags: TagSet, took: f64) {
        shard.sample(Builtin::ITERATIONS, &tags, 1.0);
        shard.sample(Builtin::ITERATION_DURATION, &tags, took);
        self.series = Some(Series { tags, ids: None });
    }

    fn record_lag(&mut self, shard: &mut Shard, lag: Duration) {
        let (tags, lag) = (self.vu.tags(), milliseconds(lag));
        let known = self.series.as_mut().filter(|series| series.tags.same(&tags));
        match known.and_then(|series| series.ids.as_mut()) {
            None => shard.sample(Builtin::ITERATION_LAG, &tags, lag),
            Some(ids) => {
                let id = *ids.lag.get_or_insert_with(|| shard.series(Builtin::ITERATION_LAG, &tags));
                shard.add(id, lag);
            }
        }
    }
}

/// Waits until then, unless the task is to end.
async fn pad(slot: &Slot, until: Instant) {
    tokio::select! {
        () = sleep_until(until) => {}
        () = poll_fn(|cx| slot.poll_end(cx)) => {}
    }
}

/// Lets the thread's other tasks go first once.
pub(super) async fn let_others() {
    let mut yielded = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_nanos() as f64 / 1e6
}
