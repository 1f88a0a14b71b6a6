//! The life of a user is one future, made once, that runs an iteration whenever the engine starts one.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use flashcrowd_engine::{ActiveScenario, Iteration, Outcome, Vu};
use flashcrowd_metrics::TagSet;
use futures_util::future::LocalBoxFuture;

use super::user::User;

/// A virtual user as the engine sees it.
///
/// | state   | `start` | the life              | `interrupt`            |
/// |---------|---------|-----------------------|------------------------|
/// | Idle    | Due     | waits                 | Idle                   |
/// | Due     | -       | begins: Running       | Idle, Interrupted      |
/// | Running | -       | goes on; ends: Idle   | Idle, Interrupted      |
///
/// An interrupted life is dropped where it stands, which closes the connection of a request on its way.
pub(super) struct PlanVu {
    user: Rc<User>,
    state: Rc<Cell<State>>,
    life: Option<LocalBoxFuture<'static, ()>>,
    interrupted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Due,
    Running,
}

impl PlanVu {
    /// The life of a user that has not begun.
    pub(super) fn new(user: Rc<User>) -> Self {
        Self { user, state: Rc::new(Cell::new(State::Idle)), life: None, interrupted: false }
    }
}

impl Vu for PlanVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.user.activate(scenario);
    }

    fn start(&mut self, iteration: Iteration) {
        self.user.set_iteration(iteration);
        self.interrupted = false;
        self.state.set(State::Due);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.interrupted {
            self.life = None;
            self.state.set(State::Idle);
            self.user.count_bytes();
            return Poll::Ready(Outcome::Interrupted);
        }
        let life = self.life.get_or_insert_with(|| Box::pin(live(self.user.clone(), self.state.clone())));
        // A life never ends by itself: only iterations do.
        let _ = life.as_mut().poll(cx);
        match self.state.get() {
            State::Idle => Poll::Ready(Outcome::Finished),
            State::Due | State::Running => Poll::Pending,
        }
    }

    fn interrupt(&mut self) {
        self.interrupted = true;
    }

    fn tags(&self) -> TagSet {
        self.user.tags()
    }
}

async fn live(user: Rc<User>, state: Rc<Cell<State>>) {
    loop {
        // Whoever starts an iteration polls for its outcome, so that nobody has to be woken.
        poll_fn(|_| if state.get() == State::Due { Poll::Ready(()) } else { Poll::Pending }).await;
        state.set(State::Running);
        user.iterate().await;
        state.set(State::Idle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_small() {
        fn size<A, B, F>(_: fn(A, B) -> F) -> usize {
            size_of::<F>()
        }
        let sizes = [size(live), size_of::<User>()];
        assert!(sizes[0] <= 6 * 1024 && sizes[1] <= 512, "{sizes:?}");
    }
}
