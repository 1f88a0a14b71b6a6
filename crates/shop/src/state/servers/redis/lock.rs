//! A lock in Redis, as Redisson's: a key with the holder's id and a lease, and a message when it is given back.
//!
//! Who does not get it waits for the message, or until the lease of the holder is over, and tries again; newcomers may come
//! first. Each process wakes one of its waiters for a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::ConnectionManager;
use redis::{Client, RedisError, Script};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout_at};

use super::store::refused;
use super::waiters::Waiters;
use crate::state::account::Refused;
use crate::state::metrics::LockCounters;

/// What the messages' channels begin with.
const CHANNEL: &str = "flashcrowd:freed:";

/// How long to wait before messages are subscribed to again.
const PAUSE: Duration = Duration::from_millis(200);

/// Takes the lock if it is free, and returns -1; else how many milliseconds it is still held.
const ACQUIRE: &str = "
if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then return -1 end
return math.max(redis.call('PTTL', KEYS[1]), 1)
";

const RENEW: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
";

const RELEASE: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('PUBLISH', KEYS[2], '')
return 1
";

/// The locks of one Redis.
pub(super) struct Locks {
    connection: ConnectionManager,
    lease: Duration,
    waiters: Arc<Waiters>,
    listening: JoinHandle<()>,
    lost: AtomicU64,
    acquire: Script,
    renew: Script,
    release: Script,
}

impl std::fmt::Debug for Locks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Locks").field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl Drop for Locks {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

impl Locks {
    pub(super) fn new(client: Client, connection: ConnectionManager, lease: Duration) -> Self {
        let waiters = Arc::<Waiters>::default();
        let listening = tokio::spawn(listen(client, Arc::clone(&waiters)));
        let (acquire, renew, release) = (Script::new(ACQUIRE), Script::new(RENEW), Script::new(RELEASE));
        Self { connection, lease, waiters, listening, lost: AtomicU64::default(), acquire, renew, release }
    }

    /// Waits for the lock until the deadline.
    pub(super) async fn acquire(
        &self,
        name: &str,
        holder: &str,
        deadline: Instant,
        counters: &LockCounters,
    ) -> Result<(), Refused> {
        let start = Instant::now();
        if self.attempt(name, holder).await?.is_none() {
            counters.acquired(start.elapsed());
            return Ok(());
        }
        counters.contended();
        let waited = self.wait(name, holder, deadline).await;
        match &waited {
            Ok(()) => counters.acquired(start.elapsed()),
            Err(_) => {
                counters.gave_up(start.elapsed());
                // Correctness: who gives up may have been woken for a lock that is free now.
                self.waiters.wake(name);
            }
        }
        waited
    }

    async fn wait(&self, name: &str, holder: &str, deadline: Instant) -> Result<(), Refused> {
        let waiting = self.waiters.join(name);
        loop {
            let Some(held) = self.attempt(name, holder).await? else { return Ok(()) };
            if Instant::now() >= deadline {
                return Err(Refused::Busy);
            }
            // Woken, or the lease is over: either way it may be free.
            let _ = timeout_at(deadline.min(Instant::now() + held), waiting.freed()).await;
        }
    }

    /// Takes the lock, or tells how long it is held at most.
    async fn attempt(&self, name: &str, holder: &str) -> Result<Option<Duration>, Refused> {
        let mut call = self.acquire.key(name);
        call.arg(holder).arg(millis(self.lease));
        let held: i64 =
            call.invoke_async(&mut self.connection.clone()).await.map_err(|error| refused(&error))?;
        Ok(u64::try_from(held).ok().map(Duration::from_millis))
    }

    /// Holds the lock for another lease. What fails is tried again by the next.
    pub(super) async fn renew(&self, name: &str, holder: &str) {
        let mut call = self.renew.key(name);
        call.arg(holder).arg(millis(self.lease));
        let _: Result<i64, RedisError> = call.invoke_async(&mut self.connection.clone()).await;
    }

    /// Gives the lock back, if it is still the holder's; else it is counted as lost.
    pub(super) async fn release(&self, name: &str, holder: &str) {
        let mut call = self.release.key(name);
        call.key(format!("{CHANNEL}{name}")).arg(holder);
        // A lock that cannot be given back ends with its lease.
        if let Ok(0) = call.invoke_async::<i64>(&mut self.connection.clone()).await {
            self.lost.fetch_add(1, Relaxed);
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Relaxed)
    }
}

/// Wakes waiters for ever; over a new connection when one breaks.
async fn listen(client: Client, waiters: Arc<Waiters>) {
    loop {
        if let Ok(mut messages) = client.get_async_pubsub().await
            && messages.psubscribe(format!("{CHANNEL}*")).await.is_ok()
        {
            waiters.wake_all();
            let mut messages = messages.into_on_message();
            while let Some(message) = messages.next().await {
                if let Some(name) = message.get_channel_name().strip_prefix(CHANNEL) {
                    waiters.wake(name);
                }
            }
        }
        sleep(PAUSE).await;
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
