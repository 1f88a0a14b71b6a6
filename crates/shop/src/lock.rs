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
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lock {
    /// Read, work, write back what was read less what was sold: oversells.
    None,
    /// One writer at a time for each product and user, with the database work inside the lock.
    Mutex,
    /// Take away if there is enough, in one step, after the database work.
    #[default]
    Atomic,
}

impl Lock {
    /// Every strategy, in the order in which they are best tried.
    pub const ALL: [Self; 3] = [Self::None, Self::Mutex, Self::Atomic];

    /// The name used on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Mutex => "mutex",
            Self::Atomic => "atomic",
        }
    }
}

/// The text names no lock strategy.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("unknown lock `{text}`: write none, mutex or atomic")]
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
        assert_eq!(error.to_string(), "unknown lock `redis`: write none, mutex or atomic");
    }
}
