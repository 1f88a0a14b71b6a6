//! An account is one number that many requests change at once: the stock of a product, the balance of a user.
//!
//! The three lock strategies are three ways to apply a list of changes, all or none, to a list of accounts.
//! They differ in what stands between reading a value and writing it back:
//!
//! | lock | order of events |
//! | --- | --- |
//! | `none` | connect, **read**, database write, **write back** |
//! | `mutex` | lock, connect, **read**, database write, **write back**, unlock |
//! | `atomic` | connect, database write, **read and write back in one step** |
//!
//! Correctness: in none of the three is there an await after the first change, so that a request whose client
//! goes away has either changed all its accounts or none.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::Duration;

use tokio::sync::{Mutex, MutexGuard};
use tokio::time::{Instant, timeout};

use crate::config::ShopConfig;
use crate::lock::Lock;
use crate::state::database::{Connection, Database};
use crate::state::metrics::LockCounters;
use crate::state::work::begin;

/// Which number an account is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// The stock of the product with this number.
    Stock(u64),
    /// The balance of the user with this number.
    Balance(u64),
}

impl Key {
    pub(crate) fn id(self) -> u64 {
        match self {
            Self::Stock(id) | Self::Balance(id) => id,
        }
    }

    pub(crate) fn kind(self) -> &'static str {
        match self {
            Self::Stock(_) => "stock",
            Self::Balance(_) => "balance",
        }
    }
}

/// A number that never falls below zero, and the turn of those who want to change it.
#[derive(Debug)]
pub(crate) struct Account {
    key: Key,
    opening: i64,
    value: AtomicI64,
    /// Whose turn it is, and since when: when the turn before was due to end.
    turn: Mutex<Option<Instant>>,
}

/// The right to change an account, given back when dropped.
struct Turn<'a> {
    freed: MutexGuard<'a, Option<Instant>>,
    /// When its work was due to be done, if it was.
    done: Option<Instant>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.freed = Some(self.done.unwrap_or_else(Instant::now));
    }
}

/// What one request adds to an account, or takes from it.
pub(crate) struct Change<'a> {
    pub(crate) account: &'a Account,
    pub(crate) delta: i64,
}

/// Why changes were not applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refused {
    /// The account of this change, by its place in the list, has too little.
    Short(usize),
    /// Timed out waiting for the lock.
    Busy,
    /// Timed out waiting for a connection of the pool.
    NoConnection,
    /// A server behind the shop failed.
    Failed(String),
}

/// The lock strategy in force.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locking {
    lock: Lock,
    limit: Option<Duration>,
}

impl Account {
    /// Opens an account; amounts beyond what it can hold are cut off (the configuration allows none).
    pub(crate) fn new(key: Key, opening: u64) -> Self {
        let opening = i64::try_from(opening).unwrap_or(i64::MAX);
        Self { key, opening, value: AtomicI64::new(opening), turn: Mutex::const_new(None) }
    }

    pub(crate) fn key(&self) -> Key {
        self.key
    }

    pub(crate) fn opening(&self) -> i64 {
        self.opening
    }

    pub(crate) fn value(&self) -> i64 {
        self.value.load(Relaxed)
    }

    pub(crate) fn reset(&self) {
        self.value.store(self.opening, Relaxed);
    }

    /// Waits for the right to change the account; first come, first served.
    async fn lock(&self, limit: Option<Duration>, counters: &LockCounters) -> Result<Turn<'_>, Refused> {
        if let Ok(freed) = self.turn.try_lock() {
            counters.acquired(Duration::ZERO);
            return Ok(Turn { freed, done: None });
        }
        counters.contended();
        let start = Instant::now();
        let guard = match limit {
            None => Some(self.turn.lock().await),
            Some(limit) => timeout(limit, self.turn.lock()).await.ok(),
        };
        match guard {
            Some(_) => counters.acquired(start.elapsed()),
            None => counters.gave_up(start.elapsed()),
        }
        guard.map(|freed| Turn { freed, done: None }).ok_or(Refused::Busy)
    }

    /// Changes the account in one step if it has enough, and tells its new value.
    fn adjust(&self, delta: i64, counters: &LockCounters) -> Option<i64> {
        let mut tries = 0;
        let before = self.value.fetch_update(Relaxed, Relaxed, |value| {
            tries += 1;
            after(value, delta)
        });
        counters.failed(tries - 1);
        before.ok().map(|value| value.saturating_add(delta))
    }
}

impl Locking {
    pub(crate) fn new(config: &ShopConfig) -> Self {
        Self { lock: config.lock, limit: config.lock_wait_limit }
    }

    /// Applies all changes or none, and tells the new value of the last account.
    ///
    /// The accounts must be different ones, and every caller must name them in the same order (products by
    /// number, then the user), or two requests could wait for each other's locks for ever.
    pub(crate) async fn apply(
        self,
        changes: &[Change<'_>],
        database: &Database,
        counters: &LockCounters,
    ) -> Result<i64, Refused> {
        match self.lock {
            Lock::None => read_then_write(changes, &mut database.connect().await).await,
            Lock::Mutex => {
                let mut due = Instant::now();
                let mut turns = Vec::with_capacity(changes.len());
                for change in changes {
                    let turn = change.account.lock(self.limit, counters).await?;
                    due = begin(due, *turn.freed);
                    turns.push(turn);
                }
                let mut connection = database.connect_since(due).await;
                let result = read_then_write(changes, &mut connection).await;
                turns.iter_mut().for_each(|turn| turn.done = Some(connection.done()));
                result
            }
            // The others are carried out by servers.
            Lock::Atomic | Lock::RedisLock | Lock::RedisLua | Lock::MySql | Lock::Queue => {
                let mut connection = database.connect().await;
                connection.write().await;
                adjust_all(changes, counters)
            }
        }
    }
}

/// Reads, spends the time of a database write, and writes back: right only while nobody else does the same.
async fn read_then_write(changes: &[Change<'_>], connection: &mut Connection<'_>) -> Result<i64, Refused> {
    let seen: Vec<i64> = changes.iter().map(|change| change.account.value()).collect();
    connection.write().await;
    // A database always gives others the time to come in between, even one without latency.
    tokio::task::yield_now().await;
    let mut next = Vec::with_capacity(changes.len());
    for (place, (change, seen)) in changes.iter().zip(seen).enumerate() {
        next.push(after(seen, change.delta).ok_or(Refused::Short(place))?);
    }
    for (change, &value) in changes.iter().zip(&next) {
        change.account.value.store(value, Relaxed);
    }
    Ok(next.last().copied().unwrap_or_default())
}

/// Changes one account after the other, and undoes what was done when one has too little.
///
/// Until it is undone others may see less than there is, and be refused; they never see more.
fn adjust_all(changes: &[Change<'_>], counters: &LockCounters) -> Result<i64, Refused> {
    let mut last = 0;
    for (place, change) in changes.iter().enumerate() {
        let Some(value) = change.account.adjust(change.delta, counters) else {
            for done in &changes[..place] {
                done.account.value.fetch_sub(done.delta, Relaxed);
            }
            return Err(Refused::Short(place));
        };
        counters.acquired(Duration::ZERO);
        last = value;
    }
    Ok(last)
}

/// The value after a change, if there is enough.
fn after(value: i64, delta: i64) -> Option<i64> {
    Some(value.saturating_add(delta)).filter(|&value| value >= 0)
}

#[cfg(test)]
mod tests {
    use futures_util::future::join_all;

    use super::*;
    use crate::latency::Latency;

    fn account(opening: u64) -> Account {
        Account::new(Key::Stock(1), opening)
    }

    struct Bench {
        locking: Locking,
        database: Database,
        counters: LockCounters,
    }

    impl Bench {
        fn new(lock: Lock, lock_wait_limit: Option<Duration>) -> Self {
            let write = Latency::Fixed(Duration::from_millis(10));
            let config = ShopConfig { lock, lock_wait_limit, write, ..ShopConfig::fast() };
            Self {
                locking: Locking::new(&config),
                database: Database::new(&config),
                counters: LockCounters::default(),
            }
        }

        async fn change(&self, changes: &[(&Account, i64)]) -> Result<i64, Refused> {
            let changes: Vec<_> = changes.iter().map(|&(account, delta)| Change { account, delta }).collect();
            self.locking.apply(&changes, &self.database, &self.counters).await
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_changes_are_applied_or_none() {
        for lock in Lock::IN_MEMORY {
            let (bench, stock, purse) = (Bench::new(lock, None), account(5), account(100));
            assert_eq!(bench.change(&[(&stock, -2), (&purse, -60)]).await, Ok(40), "{lock}");
            assert_eq!(bench.change(&[(&stock, -2), (&purse, -60)]).await, Err(Refused::Short(1)), "{lock}");
            assert_eq!(bench.change(&[(&stock, -4), (&purse, -10)]).await, Err(Refused::Short(0)), "{lock}");
            assert_eq!((stock.value(), purse.value()), (3, 40), "{lock}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn only_the_mutex_makes_writers_wait_for_each_other() {
        for (lock, won, took_ms) in
            [(Lock::None, 30, 10..20), (Lock::Mutex, 10, 300..400), (Lock::Atomic, 10, 10..20)]
        {
            let (bench, stock, start) = (Bench::new(lock, None), account(10), Instant::now());
            let change = [(&stock, -1)];
            let results = join_all((0..30).map(|_| bench.change(&change))).await;
            assert_eq!(results.iter().filter(|result| result.is_ok()).count(), won, "{lock}");
            let took = start.elapsed().as_millis();
            assert!(took_ms.contains(&took), "{lock} took {took} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_is_held_for_the_time_asked_for_however_late_its_timers_are() {
        let write = Latency::Fixed(Duration::from_micros(2250));
        let database = Database::new(&ShopConfig { write, ..ShopConfig::fast() });
        let bench = Bench { database, ..Bench::new(Lock::Mutex, None) };
        let (stock, start) = (account(1000), Instant::now());
        let change = [(&stock, -1)];
        join_all((0..100).map(|_| bench.change(&change))).await;
        let took = start.elapsed().as_millis();
        assert!((225..=227).contains(&took), "100 turns of 2.25 ms took {took} ms");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lock_that_is_not_to_be_had_in_time_is_given_up() {
        let (bench, stock) = (Bench::new(Lock::Mutex, Some(Duration::from_millis(25))), account(10));
        let change = [(&stock, -1)];
        let results = join_all((0..5).map(|_| bench.change(&change))).await;
        assert!(results.contains(&Err(Refused::Busy)), "{results:?}");
        let sold = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(stock.value(), 10 - sold as i64);
        let totals = bench.counters.totals();
        assert_eq!((totals.acquired, totals.failed), (sold as u64, 5 - sold as u64));
    }

    #[tokio::test]
    async fn a_balance_cannot_overflow() {
        let purse = account(i64::MAX as u64);
        assert_eq!(Bench::new(Lock::Atomic, None).change(&[(&purse, 1)]).await, Ok(i64::MAX));
    }
}
