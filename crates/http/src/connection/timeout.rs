//! A timeout ends what takes too long; its timer is kept between requests.

use std::{
    cell::Cell,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::Poll,
};

use tokio::task::coop::unconstrained;
use tokio::time::{Instant, Sleep, sleep_until};

/// A timer that is not reset for every request: with the usual timeout of a minute it is cheaper to let it fire early
/// now and then, and to set it to the right time then.
#[derive(Default)]
pub(crate) struct Timeout(Cell<Option<Pin<Box<Sleep>>>>);

impl Timeout {
    /// The future's output, or nothing once the deadline has passed.
    pub(crate) async fn limit<F: Future>(&self, deadline: Instant, future: F) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut timer = self.0.take().unwrap_or_else(|| Box::pin(sleep_until(deadline)));
        if timer.deadline() > deadline || timer.is_elapsed() {
            timer.as_mut().reset(deadline);
        }
        let output = poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            // Correctness: a future that used up the task's budget must not keep its own timer from firing.
            while pin!(unconstrained(timer.as_mut())).poll(cx).is_ready() {
                if timer.deadline() >= deadline {
                    return Poll::Ready(None);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await;
        self.0.set(Some(timer));
        output
    }
}

#[cfg(test)]
mod tests {
    use std::{future::pending, time::Duration};

    use tokio::time::sleep;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn fires_at_each_deadline_regardless_of_earlier_ones() {
        let limiter = Timeout::default();
        for (timeout, work) in [(60, Some(1)), (2, None), (60, Some(59)), (5, None), (1, None), (3, Some(2))]
        {
            let start = Instant::now();
            let work_or_never = async {
                match work {
                    Some(seconds) => sleep(Duration::from_secs(seconds)).await,
                    None => pending().await,
                }
            };
            let output = limiter.limit(start + Duration::from_secs(timeout), work_or_never).await;
            assert_eq!(output.is_some(), work.is_some(), "{timeout} {work:?}");
            assert_eq!(start.elapsed().as_secs(), work.unwrap_or(timeout), "{timeout} {work:?}");
        }
    }
}
