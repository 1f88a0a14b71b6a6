//! Watchers are all who are told of a run: observers, which only look on, and controllers, which steer it.

use super::controller::Controller;
use super::observer::Observer;

/// How many raw samples of each worker may wait for slow observers, unless the caller says otherwise.
const MAX_QUEUED: usize = 262_144;

/// All who are told of a run, each kind in the order in which they were added.
///
/// ```
/// use std::sync::Arc;
///
/// use flashcrowd_engine::{
///     AbortReason, Behaviour, Controller, Decision, Observer, RunResult, SampleBatch, TestConfig, Tick, Watchers, run,
/// };
///
/// /// Counts all samples.
/// #[derive(Default)]
/// struct Count(usize);
///
/// impl Observer for Count {
///     fn wants_samples(&self) -> bool {
///         true
///     }
///
///     fn on_samples(&mut self, batch: &Arc<SampleBatch>) {
///         self.0 += batch.samples().len();
///     }
/// }
///
/// /// Ends a run that has drawn a crowd.
/// struct Crowded(u64);
///
/// impl Controller for Crowded {
///     fn on_tick(&mut self, tick: &Tick<'_>) -> Decision {
///         if tick.vus_active < self.0 {
///             return Decision::Continue;
///         }
///         Decision::Abort(AbortReason::Reached(format!("{} VUs", self.0)))
///     }
/// }
///
/// async fn play(test: TestConfig, behaviour: Arc<dyn Behaviour>) -> (RunResult, usize) {
///     let (mut count, mut crowded) = (Count::default(), Crowded(1000));
///     let watchers = Watchers::none().observer(&mut count).controller(&mut crowded);
///     let result = run(test, behaviour, Arc::default(), watchers).await;
///     (result, count.0)
/// }
/// ```
pub struct Watchers<'a> {
    pub(super) observers: Vec<&'a mut dyn Observer>,
    pub(super) controllers: Vec<&'a mut dyn Controller>,
    pub(super) max_queued: usize,
}

impl<'a> Watchers<'a> {
    /// Nobody.
    pub fn none() -> Self {
        Self { observers: Vec::new(), controllers: Vec::new(), max_queued: MAX_QUEUED }
    }

    /// Adds an observer.
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Self {
        self.observers.push(observer);
        self
    }

    /// Adds a controller.
    pub fn controller(mut self, controller: &'a mut dyn Controller) -> Self {
        self.controllers.push(controller);
        self
    }

    /// How many raw samples of each worker may wait for slow observers; those beyond are dropped and counted.
    pub fn max_queued_samples(mut self, samples: usize) -> Self {
        self.max_queued = samples;
        self
    }
}

impl Default for Watchers<'_> {
    fn default() -> Self {
        Self::none()
    }
}
