//! A fiber is a stack of its own for one virtual user, on which blocking script calls can wait.
//!
//! k6 scripts are synchronous: `http.get` returns the response. A thread for each of thousands of virtual users is
//! too much, so each runs on a stackful coroutine. A host function that has to wait suspends the whole stack, script
//! frames included, and leaves its future with whoever resumes the fiber; that future is polled on the thread's own
//! stack, and the fiber goes on once it is ready. So a fiber's stack holds script frames and little else. To the
//! runtime a fiber is one task.
#![expect(unsafe_code, reason = "what a fiber waits for lives on its stack and is polled from outside of it")]

use std::cell::Cell;
use std::future::Future;
use std::mem::ManuallyDrop;
use std::pin::pin;
use std::ptr;
use std::rc::Rc;
use std::task::{Context, Poll};

use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::quickjs::stack::FiberStack;

/// Answers whether the fiber may go on.
type Ready<'a> = dyn FnMut(&mut Context<'_>) -> bool + 'a;
type Waiting = *mut Ready<'static>;
type Yield = Yielder<(), Waiting>;

thread_local! {
    /// The yielder of the fiber that is running on this thread.
    static RUNNING: Cell<*const Yield> = const { Cell::new(ptr::null()) };
    /// Counts resumes on this thread: a time slice is over when it has not changed for too long.
    static RESUMES: Cell<u64> = const { Cell::new(0) };
}

/// A stack with a function that runs on it, driven like a future.
pub struct Fiber {
    coroutine: ManuallyDrop<Coroutine<(), Waiting, (), FiberStack>>,
    yielder: Rc<Cell<*const Yield>>,
    waiting: Option<Waiting>,
}

impl Fiber {
    /// A fiber that will run `body`; nothing runs until it is polled.
    pub fn new(body: impl FnOnce() + 'static) -> std::io::Result<Self> {
        let yielder = Rc::new(Cell::new(ptr::null()));
        let inside = yielder.clone();
        let coroutine = Coroutine::with_stack(FiberStack::new()?, move |y: &Yield, ()| {
            inside.set(y);
            RUNNING.set(y);
            body();
        });
        Ok(Self { coroutine: ManuallyDrop::new(coroutine), yielder, waiting: None })
    }

    /// Runs the fiber until it waits for something that is not ready; ready when its body has returned.
    pub fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        while !self.coroutine.done() {
            if let Some(waiting) = self.waiting {
                // SAFETY: it points into the frame of `wait_unless` on the fiber's stack, which is suspended there
                // until this answers true; nobody else has it.
                if !unsafe { (*waiting)(cx) } {
                    return Poll::Pending;
                }
            }
            self.resume();
        }
        Poll::Ready(())
    }

    fn resume(&mut self) {
        // Correctness: a fiber may be resumed while another one is on this thread's call stack, so what is running
        // is saved and restored around every resume.
        let before = RUNNING.replace(self.yielder.get());
        RESUMES.set(RESUMES.get() + 1);
        self.waiting = match self.coroutine.resume(()) {
            CoroutineResult::Yield(waiting) => Some(waiting),
            CoroutineResult::Return(()) => None,
        };
        RUNNING.set(before);
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
///
/// The future is polled outside of the fiber: it must not run scripts.
pub fn wait_unless<F: Future>(future: F, give_up: impl Fn() -> bool) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut output = None;
    suspend_until(&mut |cx| {
        if give_up() {
            return true;
        }
        match future.as_mut().poll(cx) {
            Poll::Ready(value) => {
                output = Some(value);
                true
            }
            Poll::Pending => false,
        }
    });
    output
}

/// Runs what needs more stack than a fiber has left for host functions on the thread's own stack. It must neither wait
/// nor run scripts.
pub fn on_thread_stack<R>(work: impl FnOnce() -> R + Send) -> R {
    let yielder = RUNNING.get();
    if yielder.is_null() {
        return work();
    }
    // SAFETY: the yielder lives at the bottom of this fiber's stack for as long as its body runs.
    unsafe { (*yielder).on_parent_stack(work) }
}

/// Hands the thread back until `ready` says so when the fiber is polled again.
pub fn suspend_until(ready: &mut Ready<'_>) {
    let yielder = RUNNING.get();
    assert!(!yielder.is_null(), "only code on a fiber waits");
    // SAFETY: only the lifetime is changed. The fiber stays suspended, and what `ready` borrows stays where it is,
    // for as long as `Fiber::poll` holds the pointer: it forgets it before this call returns.
    let waiting = unsafe { std::mem::transmute::<*mut Ready<'_>, Waiting>(ready) };
    // SAFETY: the yielder lives at the bottom of this fiber's stack for as long as its body runs.
    unsafe { (*yielder).suspend(waiting) };
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
