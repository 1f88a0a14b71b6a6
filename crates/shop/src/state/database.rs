//! The database is what the shop waits for: a pool of connections, each busy for the time a call takes.
//!
//! It holds no data. A request takes a connection, spends the service time of its reads and writes on it, and
//! gives it back; when all are taken, requests queue for one in the order in which they came.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::Instant;

use crate::config::ShopConfig;
use crate::latency::Latency;
use crate::state::work::{Work, begin};

/// The shop's database: its connections and how long its calls take.
#[derive(Debug)]
pub(crate) struct Database {
    read: Latency,
    write: Latency,
    pool: Option<Pool>,
    /// The fraction by which calls become slower every minute.
    degrade: f64,
    opened: Instant,
    /// When it was as good as new, in milliseconds after `opened`.
    renewed: AtomicU64,
}

#[derive(Debug)]
struct Pool {
    size: usize,
    free: Semaphore,
    /// When each of the free connections was due to be free, in the order in which they were given back.
    freed: Mutex<VecDeque<Instant>>,
    pending: AtomicUsize,
}

/// How busy the pool is at one moment; all zero without a pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct PoolUse {
    pub(crate) active: usize,
    pub(crate) pending: usize,
    pub(crate) max: usize,
}

/// One connection, given back when dropped.
pub(crate) struct Connection<'a> {
    database: &'a Database,
    work: Work,
    permit: Option<SemaphorePermit<'a>>,
}

impl Database {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        let pool = (config.db_pool > 0).then(|| Pool {
            size: config.db_pool,
            free: Semaphore::new(config.db_pool),
            freed: Mutex::new(vec![Instant::now(); config.db_pool].into()),
            pending: AtomicUsize::new(0),
        });
        Self {
            read: config.read,
            write: config.write,
            pool,
            degrade: config.degrade,
            opened: Instant::now(),
            renewed: AtomicU64::default(),
        }
    }

    /// Makes it as good as new.
    pub(crate) fn reset(&self) {
        let now = self.opened.elapsed().as_millis();
        self.renewed.store(u64::try_from(now).unwrap_or(u64::MAX), Relaxed);
    }

    /// The time of a call, which grows with the database's age.
    fn aged(&self, time: Duration) -> Duration {
        if self.degrade == 0.0 {
            return time;
        }
        let renewed = Duration::from_millis(self.renewed.load(Relaxed));
        let minutes = self.opened.elapsed().saturating_sub(renewed).as_secs_f64() / 60.0;
        time.mul_f64(1.0 + self.degrade * minutes)
    }

    /// Takes a connection, and waits for one if all are busy.
    pub(crate) async fn connect(&self) -> Connection<'_> {
        self.connect_since(Instant::now()).await
    }

    /// Takes a connection for a request that was due to ask for it at that time.
    pub(crate) async fn connect_since(&self, due: Instant) -> Connection<'_> {
        let Some(pool) = &self.pool else {
            return Connection { database: self, work: Work::since(due), permit: None };
        };
        let permit = pool.acquire().await;
        let freed = pool.freed().pop_front();
        Connection { database: self, work: Work::since(begin(due, freed)), permit: Some(permit) }
    }

    /// Takes a connection for a single read.
    pub(crate) async fn read(&self) {
        self.connect().await.read().await;
    }

    /// Takes a connection for a single write.
    pub(crate) async fn write(&self) {
        self.connect().await.write().await;
    }

    pub(crate) fn pool_use(&self) -> PoolUse {
        self.pool.as_ref().map_or_else(PoolUse::default, |pool| PoolUse {
            active: pool.size.saturating_sub(pool.free.available_permits()),
            pending: pool.pending.load(Relaxed),
            max: pool.size,
        })
    }
}

impl Connection<'_> {
    /// Spends the time of a read.
    pub(crate) async fn read(&mut self) {
        self.work.spend(self.database.aged(self.database.read.sample())).await;
    }

    /// Spends the time of a write.
    pub(crate) async fn write(&mut self) {
        self.work.spend(self.database.aged(self.database.write.sample())).await;
    }

    /// When the work on it was due to be done.
    pub(crate) fn done(&self) -> Instant {
        self.work.done()
    }
}

impl Drop for Connection<'_> {
    fn drop(&mut self) {
        if let (Some(pool), Some(permit)) = (&self.database.pool, self.permit.take()) {
            pool.freed().push_back(self.work.done());
            drop(permit);
        }
    }
}

impl Pool {
    async fn acquire(&self) -> SemaphorePermit<'_> {
        if let Ok(permit) = self.free.try_acquire() {
            return permit;
        }
        let _waiting = Waiting::new(&self.pending);
        self.free.acquire().await.expect("the pool is never closed")
    }

    fn freed(&self) -> MutexGuard<'_, VecDeque<Instant>> {
        self.freed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request among the pending ones for as long as it waits, also if its client goes away meanwhile.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(pending: &'a AtomicUsize) -> Self {
        pending.fetch_add(1, Relaxed);
        Self(pending)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;
    use tokio::time::{sleep, timeout};

    use super::*;

    fn database(write_ms: u64, db_pool: usize) -> Database {
        let write = Latency::Fixed(Duration::from_millis(write_ms));
        Database::new(&ShopConfig { write, db_pool, ..ShopConfig::fast() })
    }

    #[tokio::test(start_paused = true)]
    async fn a_full_pool_queues() {
        let (database, start) = (database(20, 5), Instant::now());
        join_all((0..50).map(|_| database.write())).await;
        let took = start.elapsed().as_millis();
        assert!((200..=220).contains(&took), "50 writes of 20 ms over 5 connections took {took} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_timer_rounds_up_is_not_lost() {
        // A timer of 2.25 ms takes 3 ms; 100 of them by one connection take 225 ms all the same.
        let write = Latency::Fixed(Duration::from_micros(2250));
        let database = Database::new(&ShopConfig { write, db_pool: 1, ..ShopConfig::fast() });
        let start = Instant::now();
        join_all((0..100).map(|_| database.write())).await;
        let took = start.elapsed().as_millis();
        assert!((225..=227).contains(&took), "100 writes of 2.25 ms took {took} ms");
        // A pool that was idle has saved nothing up.
        sleep(Duration::from_secs(1)).await;
        let start = Instant::now();
        join_all((0..4).map(|_| database.write())).await;
        assert!(start.elapsed() >= Duration::from_millis(9), "{:?}", start.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_waiting_is_no_longer_pending() {
        let database = database(1000, 1);
        let busy = database.connect().await;
        let waiter = timeout(Duration::from_millis(1), database.connect());
        let (gauge, waiter) = tokio::join!(
            async {
                tokio::task::yield_now().await;
                database.pool_use()
            },
            async { tokio::join!(waiter, std::future::ready(())).0.is_err() }
        );
        assert!(waiter);
        assert_eq!(gauge, PoolUse { active: 1, pending: 1, max: 1 });
        drop(busy);
        assert_eq!(database.pool_use(), PoolUse { active: 0, pending: 0, max: 1 });
    }

    #[tokio::test(start_paused = true)]
    async fn an_old_database_is_slow_until_it_is_renewed() {
        let write = Latency::Fixed(Duration::from_millis(100));
        let database = Database::new(&ShopConfig { write, degrade: 0.5, ..ShopConfig::fast() });
        sleep(Duration::from_secs(120)).await;
        for expected in [200..=202, 100..=102] {
            let start = Instant::now();
            database.write().await;
            assert!(expected.contains(&start.elapsed().as_millis()), "{:?}", start.elapsed());
            database.reset();
        }
    }

    #[tokio::test]
    async fn without_latency_and_pool_nothing_is_waited_for() {
        let database = Database::new(&ShopConfig::fast());
        let write = std::pin::pin!(database.write());
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(write.poll(&mut context).is_ready(), "ready at once, outside of any runtime");
        assert_eq!(database.pool_use(), PoolUse::default());
    }
}
