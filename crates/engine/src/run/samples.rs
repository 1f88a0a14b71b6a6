//! Raw samples go from the workers to the observers that ask for them, in batches, through bounded queues.
//!
//! Each worker has its own queue. A batch leaves it when the last observer has dropped it, so observers may pass batches
//! to other threads and a slow one still cannot fill the memory. Nor can it slow the load: a batch that finds the queue
//! full is dropped as a whole, and its samples are counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use flashcrowd_metrics::{Plan, Sample, SampleReceiver, Shard};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::state::Control;

/// Raw samples of one worker, in the order in which they were added.
#[derive(Debug)]
pub struct SampleBatch {
    worker: usize,
    samples: Vec<Sample>,
    queue: Arc<Queue>,
}

impl SampleBatch {
    /// The worker, counted from zero. The run's own samples, such as `vus`, come from one more, after the last.
    pub fn worker(&self) -> usize {
        self.worker
    }

    /// The samples. Their times count from the start of the run, [`RunEvent::Started`](super::RunEvent::Started).
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }
}

impl Drop for SampleBatch {
    fn drop(&mut self) {
        self.queue.queued.fetch_sub(self.samples.len(), Ordering::AcqRel);
    }
}

/// The fill level of one worker's queue.
#[derive(Debug)]
struct Queue {
    limit: usize,
    queued: AtomicUsize,
    dropped: AtomicU64,
}

impl Queue {
    /// Reserves room for a batch. It may exceed the limit only in an empty queue.
    fn admits(&self, batch: usize) -> bool {
        let queued = self.queued.fetch_add(batch, Ordering::AcqRel);
        let fits = queued == 0 || queued + batch <= self.limit;
        if !fits {
            self.queued.fetch_sub(batch, Ordering::AcqRel);
            self.dropped.fetch_add(batch as u64, Ordering::AcqRel);
        }
        fits
    }
}

/// The end of a worker's queue that its shard writes to.
#[derive(Debug)]
struct QueueSender {
    worker: usize,
    control: Arc<Control>,
    queue: Arc<Queue>,
    batches: UnboundedSender<SampleBatch>,
}

impl SampleReceiver for QueueSender {
    fn now(&self) -> Duration {
        self.control.elapsed()
    }

    fn receive(&mut self, samples: Vec<Sample>) {
        if self.queue.admits(samples.len()) {
            // The dispatcher stops reading once the run is over.
            let _ =
                self.batches.send(SampleBatch { worker: self.worker, samples, queue: self.queue.clone() });
        }
    }
}

/// The reading ends of all queues. There are none if no observer asks for raw samples.
#[derive(Debug)]
pub(super) struct SampleQueues {
    queues: Vec<Arc<Queue>>,
    batches: UnboundedReceiver<SampleBatch>,
}

impl SampleQueues {
    /// The next batch; waits forever if there are no queues.
    pub(super) async fn next(&mut self) -> SampleBatch {
        match self.batches.recv().await {
            Some(batch) => batch,
            None => std::future::pending().await,
        }
    }

    /// The batches that are queued now. Later ones are left for the next call, so that a fast worker cannot keep it busy.
    pub(super) fn arrived(&mut self) -> Vec<SampleBatch> {
        (0..self.batches.len()).map_while(|_| self.batches.try_recv().ok()).collect()
    }

    /// How many samples were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.queues.iter().map(|queue| queue.dropped.load(Ordering::Acquire)).sum()
    }
}

/// The shards of a run, with queues of raw samples if a `limit` is given: how many samples each queue may hold.
pub(super) fn shards(
    shards: usize,
    plan: &Arc<Plan>,
    control: &Arc<Control>,
    limit: Option<usize>,
) -> (Vec<Shard>, SampleQueues) {
    let (sender, batches) = unbounded_channel();
    let mut queues = Vec::new();
    let shard = |worker| {
        let Some(limit) = limit else { return Shard::new(plan.clone()) };
        let queue = Arc::new(Queue { limit, queued: AtomicUsize::new(0), dropped: AtomicU64::new(0) });
        queues.push(queue.clone());
        let (control, batches) = (control.clone(), sender.clone());
        Shard::with_raw_samples(plan.clone(), Box::new(QueueSender { worker, control, queue, batches }))
    };
    let shards = (0..shards).map(shard).collect();
    (shards, SampleQueues { queues, batches })
}
