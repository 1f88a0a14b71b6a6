//! A retry policy says how often a call is tried and how long it waits in between: full jitter under a cap.

use std::time::Duration;

/// A service that says how long to wait is heeded, but this much longer than our own wait at most.
const HEEDED: Duration = Duration::from_secs(5);

/// How often, and how long in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// Attempts of a call at most, the first included; at least one.
    pub attempts: u32,
    /// The longest wait before the second attempt; it doubles with each.
    pub base: Duration,
    /// The longest wait of all.
    pub cap: Duration,
}

impl Retry {
    /// One attempt, and no other.
    pub const NEVER: Self = Self { attempts: 1, base: Duration::ZERO, cap: Duration::ZERO };

    /// The longest wait after so many attempts.
    pub fn longest(&self, attempts: u32) -> Duration {
        let doubled = 2u32.saturating_pow(attempts.saturating_sub(1));
        self.base.saturating_mul(doubled).min(self.cap)
    }

    /// The wait after so many attempts, or `None` if there is no other one. `draw` is a number below 1, `asked` what the
    /// service asked for, if it did.
    pub fn wait(&self, attempts: u32, draw: f64, asked: Option<Duration>) -> Option<Duration> {
        if attempts >= self.attempts {
            return None;
        }
        let wait = self.longest(attempts).mul_f64(draw.clamp(0.0, 1.0));
        Some(asked.map_or(wait, |asked| asked.clamp(wait, wait + HEEDED)))
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self { attempts: 8, base: Duration::from_millis(50), cap: Duration::from_secs(20) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_longest_wait_doubles_up_to_the_cap() {
        let retry = Retry { attempts: 20, base: Duration::from_millis(50), cap: Duration::from_secs(1) };
        let longest: Vec<_> = (1..=7).map(|attempts| retry.longest(attempts).as_millis()).collect();
        assert_eq!(longest, [50, 100, 200, 400, 800, 1000, 1000]);
    }

    #[test]
    fn a_service_that_asks_for_a_wait_is_heeded_within_limits() {
        let retry = Retry::default();
        let asked = |millis| retry.wait(1, 0.5, Some(Duration::from_millis(millis))).unwrap().as_millis();
        assert_eq!((asked(10), asked(1500), asked(60_000)), (25, 1500, 5025));
    }

    #[test]
    fn there_are_as_many_attempts_as_the_policy_says() {
        assert_eq!(Retry::NEVER.wait(1, 0.5, None), None);
        let retry = Retry { attempts: 3, ..Retry::default() };
        assert!(retry.wait(2, 0.5, None).is_some());
        assert_eq!(retry.wait(3, 0.5, None), None);
    }

    proptest! {
        #[test]
        fn no_wait_is_above_the_longest(
            attempts in 1..u32::MAX, base in 0..u64::MAX, cap in 0..u64::MAX / 2, draw in 0.0..1.0
        ) {
            let (base, cap) = (Duration::from_micros(base), Duration::from_micros(cap));
            let retry = Retry { attempts: u32::MAX, base, cap };
            let wait = retry.wait(attempts, draw, None).unwrap();
            prop_assert!(wait <= retry.longest(attempts) && wait <= cap);
        }
    }
}
