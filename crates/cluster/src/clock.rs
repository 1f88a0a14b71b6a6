//! The lead's clock as an agent knows it: by asking for the time, and believing the answer that came quickest.

use std::time::Duration;

use tokio::time::Instant;

/// A process's own clock: nanoseconds since some moment of its.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    zero: Instant,
}

impl Clock {
    pub(crate) fn new() -> Self {
        Self { zero: Instant::now() }
    }

    /// The time of that moment.
    pub(crate) fn time(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.zero).as_nanos()).unwrap_or(u64::MAX)
    }

    pub(crate) fn now(&self) -> u64 {
        self.time(Instant::now())
    }

    /// The moment of that time; one before the clock's zero is its zero.
    pub(crate) fn at(&self, time: i128) -> Instant {
        self.zero + Duration::from_nanos(u64::try_from(time.max(0)).unwrap_or_default())
    }
}

/// How far the lead's clock is ahead of an agent's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Offset {
    ahead: i128,
    /// How far off that may be.
    pub(crate) uncertain: Duration,
}

impl Offset {
    /// By an answer: when it was asked for and when it came, by the agent's clock, and what the lead's clock said.
    pub(crate) fn of(asked: u64, answered: u64, lead: u64) -> Self {
        let round_trip = answered.saturating_sub(asked);
        let middle = i128::from(asked) + i128::from(round_trip / 2);
        Self { ahead: i128::from(lead) - middle, uncertain: Duration::from_nanos(round_trip / 2) }
    }

    /// The better known of both.
    pub(crate) fn or(self, other: Option<Self>) -> Self {
        other.filter(|other| other.uncertain <= self.uncertain).unwrap_or(self)
    }

    /// The lead's time, by the agent's clock.
    pub(crate) fn here(&self, lead: u64) -> i128 {
        i128::from(lead) - self.ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quick_answer_is_believed_whatever_the_clocks_say() {
        // The lead's clock is 30 s ahead; the way there takes 1 ms, the way back 3 ms.
        let (asked, ahead) = (5_000_000_000, 30_000_000_000);
        let slow = Offset::of(asked, asked + 4_000_000, asked + 1_000_000 + ahead);
        let quick = Offset::of(asked, asked + 200_000, asked + 100_000 + ahead);
        assert_eq!(
            (quick.here(asked + ahead), quick.uncertain),
            (i128::from(asked), Duration::from_micros(100))
        );
        let error = (slow.here(asked + ahead) - i128::from(asked)).unsigned_abs();
        assert!(error <= slow.uncertain.as_nanos(), "{error}");
        assert_eq!((slow.or(Some(quick)), quick.or(Some(slow)), slow.or(None)), (quick, quick, slow));
        // A clock that is behind, as that of a process that started later.
        let behind = Offset::of(9_000, 9_000, 1_000);
        assert_eq!(behind.here(1_500), 9_500);
    }
}
