//! The tasks of a lane are those of its virtual users: which there are, and by when some of them must end.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::sync::Notify;

use super::slot::Slot;

/// The tasks of a lane.
#[derive(Default)]
pub(super) struct Tasks {
    slots: RefCell<Vec<Rc<Slot>>>,
    running: Cell<u64>,
    all_ended: Notify,
}

impl Tasks {
    /// One more task, with its slot.
    pub(super) fn add(&self) -> Rc<Slot> {
        let slot = Rc::new(Slot::new());
        let mut slots = self.slots.borrow_mut();
        if slots.len() as u64 > 2 * self.running.get() + 16 {
            slots.retain(|slot| !slot.has_ended());
        }
        slots.push(slot.clone());
        self.running.set(self.running.get() + 1);
        slot
    }

    /// A task is over.
    pub(super) fn end(&self, slot: &Slot) {
        slot.end();
        self.running.set(self.running.get() - 1);
        if self.running.get() == 0 {
            self.all_ended.notify_one();
        }
    }

    /// How many are not over.
    pub(super) fn running(&self) -> u64 {
        self.running.get()
    }

    /// Waits until all are over.
    pub(super) async fn ended(&self) {
        while self.running.get() > 0 {
            self.all_ended.notified().await;
        }
    }

    pub(super) fn each(&self, act: impl Fn(&Slot)) {
        self.slots.borrow().iter().for_each(|slot| act(slot));
    }
}

/// When tasks that ramp down must have ended, counted from the scenario's start.
#[derive(Default)]
pub(super) struct Deadlines {
    queue: RefCell<VecDeque<(Duration, Rc<Slot>, u32)>>,
    added: Notify,
}

impl Deadlines {
    /// A deadline, no earlier than those before it. It means nothing to a task that is resumed before.
    pub(super) fn add(&self, at: Duration, slot: &Rc<Slot>) {
        self.queue.borrow_mut().push_back((at, slot.clone(), slot.mark()));
        self.added.notify_one();
    }

    /// The next deadline, with its task and the task's mark.
    pub(super) async fn next(&self) -> (Duration, Rc<Slot>, u32) {
        loop {
            let next = self.queue.borrow_mut().pop_front();
            match next {
                Some(next) => return next,
                None => self.added.notified().await,
            }
        }
    }
}
