//! A slot is how a scenario steers one virtual user's task while the task owns the virtual user.
//!
//! | phase    | resume    | stop      | kill    | the task between iterations | the task within one       |
//! |----------|-----------|-----------|---------|-----------------------------|---------------------------|
//! | Running  | -         | Stopping  | Killed  | starts the next one         | goes on                   |
//! | Stopping | Running   | -         | Killed  | ends: Ended                 | goes on                   |
//! | Killed   | Running   | -         | -       | ends: Ended                 | is interrupted, once      |
//! | Ended    | refused   | -         | -       | -                           | -                         |
//!
//! So a virtual user that is ramping down goes on when the curve rises again, even one that is being interrupted.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

use tokio::task::AbortHandle;

use super::due::Due;
use crate::state::Control;
use crate::vu::{Outcome, Vu};

/// What a task is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    Stopping,
    Killed,
    Ended,
}

/// How a scenario steers one virtual user's task. Both live on one thread.
#[derive(Debug)]
pub(super) struct Slot {
    phase: Cell<Phase>,
    /// Counts resumptions: a deadline of an earlier ramp-down means nothing after one.
    resumed: Cell<u32>,
    /// The iteration an arrival-rate executor handed over.
    due: Cell<Option<Due>>,
    waker: RefCell<Option<Waker>>,
    task: RefCell<Option<AbortHandle>>,
}

impl Slot {
    pub(super) fn new() -> Self {
        Self {
            phase: Cell::new(Phase::Running),
            resumed: Cell::new(0),
            due: Cell::new(None),
            waker: RefCell::new(None),
            task: RefCell::new(None),
        }
    }

    pub(super) fn set_task(&self, task: AbortHandle) {
        self.task.replace(Some(task));
    }

    /// Whether the next iteration may start.
    pub(super) fn is_running(&self) -> bool {
        self.phase.get() == Phase::Running
    }

    /// Whether the task is over.
    pub(super) fn has_ended(&self) -> bool {
        self.phase.get() == Phase::Ended
    }

    /// Lets the task go on; false if it is over.
    pub(super) fn resume(&self) -> bool {
        if self.has_ended() {
            return false;
        }
        self.phase.set(Phase::Running);
        self.resumed.set(self.resumed.get().wrapping_add(1));
        true
    }

    /// Lets the running iteration be the last one.
    pub(super) fn stop(&self) {
        if self.phase.get() == Phase::Running {
            self.phase.set(Phase::Stopping);
            self.wake();
        }
    }

    /// Interrupts the running iteration.
    pub(super) fn kill(&self) {
        if !self.has_ended() {
            self.phase.set(Phase::Killed);
            self.wake();
        }
    }

    /// The mark to give [`Slot::kill_unless_resumed`].
    pub(super) fn mark(&self) -> u32 {
        self.resumed.get()
    }

    /// Interrupts the running iteration, unless the task was resumed after the mark.
    pub(super) fn kill_unless_resumed(&self, mark: u32) {
        if self.resumed.get() == mark && self.phase.get() == Phase::Stopping {
            self.kill();
        }
    }

    /// The task says that it is over.
    pub(super) fn end(&self) {
        self.phase.set(Phase::Ended);
        self.waker.take();
        self.task.take();
    }

    /// Gives the task up where it stands.
    pub(super) fn give_up(&self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
        self.end();
    }

    /// Hands an iteration to an idle task; false if it starts none any more.
    pub(super) fn hand_over(&self, due: Due) -> bool {
        let taken = self.is_running();
        if taken {
            self.due.set(Some(due));
            self.wake();
        }
        taken
    }

    /// Waits for an iteration that is handed over, or for the end.
    pub(super) fn poll_due(&self, cx: &mut Context<'_>) -> Poll<Option<Due>> {
        match self.due.take() {
            Some(due) => Poll::Ready(Some(due)),
            None => self.poll_end(cx).map(|()| None),
        }
    }

    /// Waits until the task is to end.
    pub(super) fn poll_end(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_running() {
            return Poll::Ready(());
        }
        self.watch(cx);
        Poll::Pending
    }

    /// Lets the task rest until the run goes on, or until it is to end.
    pub(super) async fn rest(&self, control: &Control) {
        tokio::select! {
            () = control.pauses().over() => {}
            () = poll_fn(|cx| self.poll_end(cx)) => {}
        }
    }

    /// Drives an iteration, and interrupts it when the task is killed.
    pub(super) fn poll_iteration(
        &self,
        vu: &mut dyn Vu,
        killed: &mut bool,
        cx: &mut Context<'_>,
    ) -> Poll<Outcome> {
        if self.phase.get() == Phase::Killed && !*killed {
            *killed = true;
            vu.interrupt();
        }
        let polled = vu.poll(cx);
        if polled.is_pending() {
            self.watch(cx);
        }
        polled
    }

    fn watch(&self, cx: &Context<'_>) {
        let mut waker = self.waker.borrow_mut();
        if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
            *waker = Some(cx.waker().clone());
        }
    }

    fn wake(&self) {
        if let Some(waker) = &*self.waker.borrow() {
            waker.wake_by_ref();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_change_as_the_table_says() {
        let acts: [fn(&Slot); 4] = [
            |slot| assert_eq!(slot.resume(), slot.is_running()),
            Slot::stop,
            Slot::kill,
            |slot| slot.kill_unless_resumed(slot.mark().wrapping_sub(1)),
        ];
        use Phase::{Ended, Killed, Running, Stopping};
        for (phase, expected) in [
            (Running, [Running, Stopping, Killed, Running]),
            (Stopping, [Running, Stopping, Killed, Stopping]),
            (Killed, [Running, Killed, Killed, Killed]),
            (Ended, [Ended, Ended, Ended, Ended]),
        ] {
            for (at, (act, expected)) in acts.iter().zip(expected).enumerate() {
                let slot = Slot::new();
                slot.phase.set(phase);
                act(&slot);
                assert_eq!(slot.phase.get(), expected, "act {at} in {phase:?}");
            }
        }
    }
}
