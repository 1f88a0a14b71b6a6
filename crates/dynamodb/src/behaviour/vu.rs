//! The life of a customer is one future, made once, that takes a step whenever the engine starts an iteration.

use std::cell::Cell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Context, Poll};

use flashcrowd_engine::{ActiveScenario, Iteration, Outcome, Vu};
use flashcrowd_metrics::TagSet;
use futures_util::future::LocalBoxFuture;

use super::customer::Customer;

/// A virtual user as the engine sees it.
///
/// | state   | `start` | the life              | `interrupt`            |
/// |---------|---------|-----------------------|------------------------|
/// | Idle    | Due     | waits                 | Idle                   |
/// | Due     | -       | begins: Running       | Idle, Interrupted      |
/// | Running | -       | goes on; ends: Idle   | Idle, Interrupted      |
///
/// An interrupted life is dropped where it stands, which settles an order that is on its way as far as it can be.
pub(super) struct ShopVu {
    customer: Rc<Customer>,
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

impl ShopVu {
    /// The life of a customer that has not begun.
    pub(super) fn new(customer: Rc<Customer>) -> Self {
        Self { customer, state: Rc::new(Cell::new(State::Idle)), life: None, interrupted: false }
    }
}

impl Vu for ShopVu {
    fn activate(&mut self, scenario: &Rc<ActiveScenario>) {
        self.customer.activate(scenario);
    }

    fn start(&mut self, _: Iteration) {
        self.interrupted = false;
        self.state.set(State::Due);
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Outcome> {
        if self.interrupted {
            self.life = None;
            self.state.set(State::Idle);
            return Poll::Ready(Outcome::Interrupted);
        }
        let life = self.life.get_or_insert_with(|| Box::pin(live(self.customer.clone(), self.state.clone())));
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
        self.customer.tags()
    }
}

async fn live(customer: Rc<Customer>, state: Rc<Cell<State>>) {
    loop {
        // Whoever starts an iteration polls for its outcome, so that nobody has to be woken.
        poll_fn(|_| if state.get() == State::Due { Poll::Ready(()) } else { Poll::Pending }).await;
        state.set(State::Running);
        customer.step().await;
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
        let sizes = [size(live), size_of::<Customer>()];
        assert!(sizes[0] <= 12 * 1024 && sizes[1] <= 1024, "{sizes:?}");
    }
}
