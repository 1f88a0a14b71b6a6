//! A bucket holds the unused capacity of a table or an index: it fills at a rate and may fall into debt.

use std::time::Duration;

use tokio::time::Instant;

/// Seconds of unused capacity that a bucket holds at most.
pub const BURST_SECONDS: u64 = 300;

/// Tokens are kept in billionths of a unit, since units a second are billionths a nanosecond: no fraction is ever lost.
const UNIT: i128 = 1_000_000_000;

/// The unused capacity of the reads or writes of one table or index.
#[derive(Clone, Debug)]
pub struct Bucket {
    rate: u64,
    /// Seconds of its rate that it holds at most.
    seconds: u64,
    tokens: i128,
    at: Instant,
}

impl Bucket {
    /// A bucket that fills from `at` on, and is `fill` full then, 0 to 1.
    pub fn new(rate: u64, fill: f64, at: Instant) -> Self {
        let burst = (rate * BURST_SECONDS) as f64;
        Self { rate, seconds: BURST_SECONDS, tokens: billionths(burst * fill.clamp(0.0, 1.0)), at }
    }

    /// A full bucket that saves up nothing: what flows in during one second.
    pub fn of_a_second(rate: u64, at: Instant) -> Self {
        Self { rate, seconds: 1, tokens: i128::from(rate) * UNIT, at }
    }

    /// Units that flow in a second.
    pub fn rate(&self) -> u64 {
        self.rate
    }

    /// Units in it, less than none if it is in debt.
    pub fn tokens(&self, now: Instant) -> f64 {
        self.level(now) as f64 / UNIT as f64
    }

    /// Whether it lets a request through: there is something in it, however little.
    pub fn admits(&self, now: Instant) -> bool {
        self.level(now) > 0
    }

    /// Takes what a request has cost, even if it is more than there is.
    pub fn take(&mut self, units: f64, now: Instant) {
        self.fill(now);
        self.tokens -= billionths(units);
    }

    /// Fills at another rate from `at` on; what is in it stays, as far as it has room.
    pub fn set_rate(&mut self, rate: u64, at: Instant) {
        self.fill(at);
        self.rate = rate;
        self.tokens = self.tokens.min(self.room());
    }

    /// Lets the time until `at` pass without filling it.
    pub fn skip_to(&mut self, at: Instant) {
        self.at = at;
    }

    fn fill(&mut self, now: Instant) {
        self.tokens = self.level(now);
        self.at = self.at.max(now);
    }

    fn level(&self, now: Instant) -> i128 {
        let elapsed: Duration = now.saturating_duration_since(self.at);
        let flow = i128::from(self.rate) * i128::try_from(elapsed.as_nanos()).unwrap_or(i128::MAX >> 64);
        (self.tokens + flow).min(self.room())
    }

    fn room(&self) -> i128 {
        i128::from(self.rate) * i128::from(self.seconds) * UNIT
    }
}

fn billionths(units: f64) -> i128 {
    (units * UNIT as f64).round() as i128
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// What is let in never exceeds what was there, what flowed in, and the last request on top.
        #[test]
        fn no_more_is_served_than_there_is(
            rate in 1_u64..1_000,
            fill in 0.0_f64..=1.0,
            requests in prop::collection::vec((0_u64..5_000_000_000, 1_u32..200), 1..200),
        ) {
            let start = Instant::now();
            let mut now = start;
            let mut bucket = Bucket::new(rate, fill, start);
            let at_first = bucket.tokens(start);
            let (mut consumed, mut largest) = (0.0_f64, 0.0_f64);
            for (wait, halves) in requests {
                now += Duration::from_nanos(wait);
                let units = f64::from(halves) / 2.0;
                if bucket.admits(now) {
                    bucket.take(units, now);
                    consumed += units;
                    largest = largest.max(units);
                } else {
                    prop_assert!(bucket.tokens(now) <= 0.0);
                }
                let flow = rate as f64 * (now - start).as_secs_f64();
                prop_assert!(consumed <= at_first + flow + largest + 1e-6);
                prop_assert!(bucket.tokens(now) <= (rate * BURST_SECONDS) as f64);
            }
        }

        /// Under a load that never stops asking, everything that flows in is served too.
        #[test]
        fn no_less_is_served_than_there_is(rate in 1_u64..50, fill in 0.0_f64..=1.0, halves in 1_u32..20) {
            let start = Instant::now();
            let mut bucket = Bucket::new(rate, fill, start);
            let units = f64::from(halves) / 2.0;
            let available = bucket.tokens(start) + rate as f64 * 60.0;
            let mut consumed = 0.0;
            for tick in 0..=60_000_u64 {
                let now = start + Duration::from_millis(tick);
                while bucket.admits(now) {
                    bucket.take(units, now);
                    consumed += units;
                }
            }
            prop_assert!(consumed >= available - 1e-6, "{consumed} of {available}");
            prop_assert!(consumed <= available + units + 1e-6, "{consumed} of {available}");
        }
    }

    #[test]
    fn nothing_is_lost_between_two_looks() {
        let start = Instant::now();
        let mut often = Bucket::new(3, 0.0, start);
        let once = often.clone();
        for nanosecond in 0..=1_000_u64 {
            often.take(0.0, start + Duration::from_nanos(nanosecond * 333));
        }
        let end = start + Duration::from_nanos(333_000);
        assert_eq!(often.level(end), once.level(end));
    }

    #[test]
    fn another_rate_keeps_the_tokens_as_far_as_they_fit() {
        let start = Instant::now();
        let mut bucket = Bucket::new(10, 1.0, start);
        assert_eq!(bucket.tokens(start), 3000.0);
        bucket.set_rate(20, start);
        assert_eq!(bucket.tokens(start), 3000.0);
        bucket.set_rate(2, start);
        assert_eq!(bucket.tokens(start), 600.0);
        bucket.take(700.0, start);
        assert_eq!(bucket.tokens(start + Duration::from_secs(10)), -80.0);
    }
}
