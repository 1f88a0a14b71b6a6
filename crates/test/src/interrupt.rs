//! An interrupt is the first signal as everybody sees it who has something to end in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;

/// The request to stop: set once, heard by all clones.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    set: watch::Sender<bool>,
    attending: AtomicUsize,
}

/// Somebody ends what is going on in order once the interrupt is set. Where nobody attends, the process may just end.
#[derive(Debug)]
pub struct Attendance(Interrupt);

impl Interrupt {
    /// An interrupt that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks everybody to stop.
    pub fn set(&self) {
        self.0.set.send_replace(true);
    }

    /// Whether everybody was asked to stop.
    pub fn is_set(&self) -> bool {
        *self.0.set.borrow()
    }

    /// Ready once everybody is asked to stop.
    pub async fn wait(&self) {
        let mut changes = self.0.set.subscribe();
        // The sender lives as long as this.
        let _ = changes.wait_for(|set| *set).await;
    }

    /// The work's output; none if the interrupt came first. The work is dropped then.
    pub async fn or<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.wait() => None,
        }
    }

    /// From now on somebody heeds this interrupt, until the attendance is dropped.
    pub fn attend(&self) -> Attendance {
        self.0.attending.fetch_add(1, Ordering::SeqCst);
        Attendance(self.clone())
    }

    /// Whether somebody heeds it.
    pub fn is_attended(&self) -> bool {
        self.0.attending.load(Ordering::SeqCst) > 0
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.0.0.attending.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn all_clones_hear_it_also_those_that_ask_late() {
        let (interrupt, other) = (Interrupt::new(), Interrupt::new());
        let clone = interrupt.clone();
        assert_eq!(interrupt.or(async { 1 }).await, Some(1));
        interrupt.set();
        clone.wait().await;
        assert_eq!(clone.or(std::future::pending::<()>()).await, None);
        assert!(clone.is_set() && !other.is_set());
    }

    #[test]
    fn attendance_ends_when_it_is_dropped() {
        let interrupt = Interrupt::new();
        let (one, two) = (interrupt.attend(), interrupt.attend());
        drop(one);
        assert!(interrupt.is_attended());
        drop(two);
        assert!(!interrupt.is_attended());
    }
}
