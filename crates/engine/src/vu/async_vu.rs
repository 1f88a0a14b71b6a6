//! An async virtual user is one that is written as a future for each of its iterations.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use flashcrowd_metrics::TagSet;
use futures_util::future::LocalBoxFuture;

use super::{ActiveScenario, Iteration, Outcome, Vu};

/// A virtual user whose iterations are futures; [`AsyncVuAdapter`] makes a [`Vu`] of it.
pub trait AsyncVu: 'static {
    /// From now on iterations are those of this scenario.
    fn activate(&self, _scenario: &Rc<ActiveScenario>) {}

    /// Runs one iteration. It is dropped where it stands when it is interrupted, which closes the connection of a request
    /// on its way.
    fn iterate(&self, iteration: Iteration) -> impl Future<Output = ()>;

    /// An iteration was dropped.
    fn interrupted(&self) {}

    /// Whether the iteration that has just ended failed as a whole.
    fn has_failed(&self) -> bool {
        false
    }

    /// Whether iterations play virtual users by themselves; see [`Outcome::Played`].
    fn plays(&self) -> bool {
        false
    }

    /// How long it waits before its next iteration where it loops; see [`Vu::back_off`].
    fn back_off(&self) -> Duration {
        Duration::ZERO
    }

    /// The tags of the samples of an iteration as a whole; none if it does not say.
    fn tags(&self) -> TagSet {
        TagSet::empty()
    }
}

/// A [`Vu`] that runs the iterations of an [`AsyncVu`] in one future, which is made once and not for each of them.
///
/// | state   | `start` | the future            | `interrupt`            |
/// |---------|---------|-----------------------|------------------------|
/// | Idle    | Due     | waits                 | Idle                   |
/// | Due     | -       | begins: Running       | Idle, Interrupted      |
/// | Running | -       | goes on; ends: Idle   | Idle, Interrupted      |
pub struct AsyncVuAdapter<V> {
    vu: Rc<V>,
    state: Rc<Cell<State>>,
    future: Option<LocalBoxFuture<'static, ()>>,
    is_interrupted: bool,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Idle,
    Due(Iteration),
    Running,
}

impl<V: AsyncVu> AsyncVuAdapter<V> {
    /// A virtual user that has not begun.
    pub fn new(vu: Rc<V>) -> Self {
        Self { vu, state: Rc::new(Cell::new(State::Idle)), future: None, is_interrupted: false }
    }
}

impl<V: AsyncVu> Vu for AsyncVuAdapter<V> {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.vu.activate(scenario);
    }

    fn start(&mut self, iteration: Iteration) {
        self.is_interrupted = false;
        self.state.set(State::Due(iteration));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.is_interrupted {
            self.future = None;
            self.state.set(State::Idle);
            self.vu.interrupted();
            return Poll::Ready(Outcome::Interrupted);
        }
        let future =
            self.future.get_or_insert_with(|| Box::pin(run_iterations(self.vu.clone(), self.state.clone())));
        // This future never ends by itself: only iterations do.
        let _ = future.as_mut().poll(cx);
        match self.state.get() {
            State::Idle if self.vu.plays() => Poll::Ready(Outcome::Played),
            State::Idle if self.vu.has_failed() => Poll::Ready(Outcome::Failed),
            State::Idle => Poll::Ready(Outcome::Finished),
            State::Due(_) | State::Running => Poll::Pending,
        }
    }

    fn interrupt(&mut self) {
        self.is_interrupted = true;
    }

    fn tags(&self) -> TagSet {
        self.vu.tags()
    }

    fn back_off(&mut self) -> Duration {
        self.vu.back_off()
    }
}

async fn run_iterations<V: AsyncVu>(vu: Rc<V>, state: Rc<Cell<State>>) {
    loop {
        // Whoever starts an iteration polls for its outcome, so that nobody has to be woken.
        let iteration = poll_fn(|_| match state.get() {
            State::Due(iteration) => Poll::Ready(iteration),
            State::Idle | State::Running => Poll::Pending,
        });
        let iteration = iteration.await;
        state.set(State::Running);
        vu.iterate(iteration).await;
        state.set(State::Idle);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    /// Takes two polls an iteration, and notes what happens.
    #[derive(Default)]
    struct Slow(Cell<(u64, u64)>);

    impl AsyncVu for Slow {
        fn activate(&self, _: &Rc<ActiveScenario>) {}

        async fn iterate(&self, iteration: Iteration) {
            let mut polled = false;
            poll_fn(|_| if std::mem::replace(&mut polled, true) { Poll::Ready(()) } else { Poll::Pending })
                .await;
            let (_, cut) = self.0.get();
            self.0.set((iteration.in_scenario, cut));
        }

        fn interrupted(&self) {
            let (last, cut) = self.0.get();
            self.0.set((last, cut + 1));
        }

        fn tags(&self) -> TagSet {
            TagSet::empty()
        }
    }

    #[test]
    fn iterations_end_or_are_cut_off_and_the_next_one_runs() {
        let slow = Rc::new(Slow::default());
        let mut vu = AsyncVuAdapter::new(slow.clone());
        let mut cx = Context::from_waker(Waker::noop());
        let iteration =
            |number| Iteration { in_instance: 0, in_test: 0, in_scenario: number, lag: None, seed: None };
        vu.start(iteration(1));
        assert_eq!(vu.poll(&mut cx), Poll::Pending);
        assert_eq!(vu.poll(&mut cx), Poll::Ready(Outcome::Finished));
        vu.start(iteration(2));
        assert_eq!(vu.poll(&mut cx), Poll::Pending);
        vu.interrupt();
        assert_eq!(vu.poll(&mut cx), Poll::Ready(Outcome::Interrupted));
        assert_eq!(slow.0.get(), (1, 1));
        vu.start(iteration(3));
        assert_eq!(vu.poll(&mut cx), Poll::Pending);
        assert_eq!(vu.poll(&mut cx), Poll::Ready(Outcome::Finished));
        assert_eq!(slow.0.get(), (3, 1));
    }
}
