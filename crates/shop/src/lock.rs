//! A lock is the strategy by which concurrent writers keep stock and balances right, or do not.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// How concurrent changes of one stock or balance are kept apart.
///
/// | lock | oversells | writers of one product |
/// | --- | --- | --- |
/// | `none` | yes | run side by side and overwrite each other |
/// | `mutex` | no | wait for each other, first come first served, a whole database write long |
/// | `atomic` | no | run side by side; the change itself is one indivisible step |
/// | `redis-lock` | no | wait for each other at a lock in Redis, as with Redisson |
/// | `redis-lua` | no | run side by side; Redis takes away if there is enough, in one script |
/// | `queue` | no | run side by side; what Redis has reserved is written later, by who reads RabbitMQ's queue |
/// | `mysql` | no | wait for the row: `SELECT ... FOR UPDATE`, and for a connection of the pool |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// Read, work, write back what was read less what was sold: oversells.
    None,
    /// One writer at a time for each product and user, with the database work inside the lock.
    Mutex,
    /// Take away if there is enough, in one step, after the database work.
    #[default]
    Atomic,
    /// A lock in Redis around reading, work and writing back.
    RedisLock,
    /// A script in Redis takes away if there is enough.
    RedisLua,
    /// A transaction that locks its rows, over a pool of connections.
    MySql,
    /// A reservation in Redis, and the order through RabbitMQ.
    Queue,
}

impl Lock {
    /// Every strategy, in the order in which they are best tried.
    pub const ALL: [Self; 7] =
        [Self::None, Self::Mutex, Self::Atomic, Self::RedisLock, Self::RedisLua, Self::MySql, Self::Queue];

    /// Those that keep everything in the shop's memory.
    pub const IN_MEMORY: [Self; 3] = [Self::None, Self::Mutex, Self::Atomic];

    /// Whether it needs a Redis.
    #[must_use]
    pub const fn needs_redis(self) -> bool {
        matches!(self, Self::RedisLock | Self::RedisLua | Self::Queue)
    }

    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mutex => "mutex",
            Self::Atomic => "atomic",
            Self::RedisLock => "redis-lock",
            Self::RedisLua => "redis-lua",
            Self::MySql => "mysql",
            Self::Queue => "queue",
        }
    }
}

/// The text names no lock strategy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown lock `{text}`: write one of none, mutex, atomic, redis-lock, redis-lua, mysql or queue")]
pub struct LockError {
    text: String,
}

impl FromStr for Lock {
    type Err = LockError;

    fn from_str(text: &str) -> Result<Self, LockError> {
        Self::ALL
            .into_iter()
            .find(|lock| lock.name() == text)
            .ok_or_else(|| LockError { text: text.to_owned() })
    }
}

impl fmt::Display for Lock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for lock in Lock::ALL {
            assert_eq!(lock.to_string().parse(), Ok(lock));
        }
    }

    #[test]
    fn unknown_names_are_answered_with_the_known_ones() {
        let error = "redis".parse::<Lock>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "unknown lock `redis`: write one of none, mutex, atomic, redis-lock, redis-lua, mysql or queue"
        );
    }
}
