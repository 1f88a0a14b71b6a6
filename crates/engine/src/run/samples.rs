//! Raw samples are handed from the workers to the observers that ask for them, in batches, over a bounded queue.
//!
//! Each worker has its own queue. A batch leaves it when the last observer has let go of it, so observers may keep
//! batches for threads of their own, and still a slow one cannot fill the memory. Nor can it slow the load: a batch
//! that finds the queue full is dropped as a whole, and its samples are counted.

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

/// What is known of the samples of one worker that are on their way.
#[derive(Debug)]
struct Queue {
    limit: usize,
    queued: AtomicUsize,
    dropped: AtomicU64,
}

impl Queue {
    /// Makes room for a batch; it may exceed the limit only where it is the only one.
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
            // Nobody listens to a worker that was given up.
            let _ =
                self.batches.send(SampleBatch { worker: self.worker, samples, queue: self.queue.clone() });
        }
    }
}

/// The ends of all queues that the dispatcher reads from; without any queue where nobody asks for raw samples.
#[derive(Debug)]
pub(super) struct SampleQueues {
    queues: Vec<Arc<Queue>>,
    batches: UnboundedReceiver<SampleBatch>,
}

impl SampleQueues {
    /// The next batch; never without queues.
    pub(super) async fn next(&mut self) -> SampleBatch {
        match self.batches.recv().await {
            Some(batch) => batch,
            None => std::future::pending().await,
        }
    }

    /// The batches that have come. One that comes while they are read has to wait, so that there is an end to them.
    pub(super) fn arrived(&mut self) -> Vec<SampleBatch> {
        (0..self.batches.len()).map_while(|_| self.batches.try_recv().ok()).collect()
    }

    /// How many samples were dropped.
    pub(super) fn dropped(&self) -> u64 {
        self.queues.iter().map(|queue| queue.dropped.load(Ordering::Acquire)).sum()
    }
}

/// The shards of a run, and the queues of their raw samples if anybody asks for these: `limit` is how many samples a
/// queue may hold.
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
