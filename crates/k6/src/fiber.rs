//! A fiber is a stack of its own for one virtual user, on which blocking script calls can wait.
//!
//! k6 scripts are synchronous: `http.get` returns the response. A thread for each of thousands of virtual users is
//! too much, so each runs on a stackful coroutine. A host function that has to wait polls its future and, while
//! that is pending, suspends the whole stack, script frames included. To the runtime a fiber is one task.
#![expect(
    unsafe_code,
    reason = "coroutines hand out raw pointers to their yielder and to the polling context"
)]

use std::cell::Cell;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, CoroutineResult, Yielder};

/// Bytes of stack a fiber reserves; pages are mapped when they are first touched.
pub const STACK: usize = 512 * 1024;

type Yield = Yielder<(), ()>;

/// What code on the running fiber needs in order to wait.
#[derive(Clone, Copy)]
struct Active {
    yielder: *const Yield,
    context: *mut Context<'static>,
}

thread_local! {
    static ACTIVE: Cell<Option<Active>> = const { Cell::new(None) };
    /// Counts resumes on this thread: a time slice is over when it has not changed for too long.
    static RESUMES: Cell<u64> = const { Cell::new(0) };
}

/// A stack with a function that runs on it, driven like a future.
pub struct Fiber {
    coroutine: ManuallyDrop<Coroutine<(), (), ()>>,
    yielder: Rc<Cell<*const Yield>>,
}

impl Fiber {
    /// A fiber that will run `body`; nothing runs until it is polled.
    pub fn new(body: impl FnOnce() + 'static) -> std::io::Result<Self> {
        let yielder = Rc::new(Cell::new(ptr::null()));
        let inside = yielder.clone();
        let coroutine = Coroutine::with_stack(DefaultStack::new(STACK)?, move |y: &Yield, ()| {
            inside.set(y);
            ACTIVE.with(|active| {
                if let Some(current) = active.get() {
                    active.set(Some(Active { yielder: y, ..current }));
                }
            });
            body();
        });
        Ok(Self { coroutine: ManuallyDrop::new(coroutine), yielder })
    }

    /// Runs the fiber until it waits; ready when its body has returned.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.coroutine.done() {
            return Poll::Ready(());
        }
        // Correctness: fibers interleave, and one may be resumed while another is on this thread's call stack,
        // so what is active is saved and restored around every resume.
        let here = Active { yielder: self.yielder.get(), context: ptr::from_mut(cx).cast() };
        let before = ACTIVE.replace(Some(here));
        RESUMES.set(RESUMES.get() + 1);
        let result = self.coroutine.resume(());
        ACTIVE.set(before);
        match result {
            CoroutineResult::Yield(()) => Poll::Pending,
            CoroutineResult::Return(()) => Poll::Ready(()),
        }
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        // Correctness: dropping a suspended coroutine would unwind it, through QuickJS's C frames, which is not
        // allowed. A fiber that never ended keeps its memory until the process does.
        if self.coroutine.done() {
            // SAFETY: it is dropped here alone, and not used again.
            unsafe { ManuallyDrop::drop(&mut self.coroutine) };
        }
    }
}

/// How often a fiber was resumed on this thread.
pub fn resumes() -> u64 {
    RESUMES.get()
}

/// Waits on the running fiber until the future answers.
///
/// # Panics
/// When no fiber is running: host functions are called by scripts, and scripts run on fibers.
pub fn wait<F: Future>(future: F) -> F::Output {
    wait_unless(future, || false).unwrap_or_else(|| unreachable!("this wait is never given up"))
}

/// Waits like [`wait`], but gives up (and drops the future) once `give_up` says so after a wake-up.
pub fn wait_unless<F: Future>(future: F, give_up: impl Fn() -> bool) -> Option<F::Output> {
    let mut future = pin!(future);
    loop {
        if give_up() {
            return None;
        }
        let active = ACTIVE.get().expect("scripts run on fibers");
        // SAFETY: `context` belongs to the `poll` that resumed this fiber, which has not returned yet.
        let cx = unsafe { &mut *active.context };
        if let Poll::Ready(output) = future.as_mut().poll(cx) {
            return Some(output);
        }
        suspend();
    }
}

/// Hands the thread back until the fiber is polled again.
pub fn suspend() {
    let active = ACTIVE.get().expect("only code on a fiber suspends");
    // SAFETY: the yielder lives on this fiber's own stack for as long as its body runs.
    unsafe { (*active.yielder).suspend(()) };
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::future::poll_fn;
    use std::time::Duration;

    use super::*;

    async fn run(mut fiber: Fiber) {
        poll_fn(|cx| fiber.poll(cx)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn fibers_wait_side_by_side() {
        let log = Rc::new(RefCell::new(Vec::new()));
        let fiber = |name: &'static str, millis: u64| {
            let log = log.clone();
            Fiber::new(move || {
                for _ in 0..2 {
                    wait(tokio::time::sleep(Duration::from_millis(millis)));
                    log.borrow_mut().push(name);
                }
            })
            .unwrap()
        };
        tokio::join!(run(fiber("slow", 30)), run(fiber("fast", 10)));
        assert_eq!(*log.borrow(), ["fast", "fast", "slow", "slow"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_wait_can_be_given_up() {
        let stop = Rc::new(Cell::new(false));
        let (seen, flag) = (Rc::new(Cell::new(None)), stop.clone());
        let answer = seen.clone();
        let mut fiber = Fiber::new(move || {
            answer.set(Some(wait_unless(std::future::pending::<()>(), || flag.get()).is_none()));
        })
        .unwrap();
        poll_fn(|cx| {
            assert!(fiber.poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
        stop.set(true);
        run(fiber).await;
        assert_eq!(seen.get(), Some(true));
    }
}
