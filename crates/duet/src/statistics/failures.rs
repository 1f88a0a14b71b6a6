//! Failures in pairs: only where one side failed and the other did not is something to be learnt (McNemar).

use super::betting::Bets;

/// How iterations failed at the two sides, in pairs and by blocks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Failures {
    /// Pairs in which nothing is missing.
    pub pairs: u64,
    /// Those that failed at A only.
    pub only_a: u64,
    /// Those that failed at B only.
    pub only_b: u64,
    /// Those that failed at both.
    pub both: u64,
    more_at_a: Bets,
    more_at_b: Bets,
}

/// The failures of one block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailureCounts {
    /// Pairs.
    pub pairs: u64,
    /// Those that failed at A only.
    pub only_a: u64,
    /// Those that failed at B only.
    pub only_b: u64,
    /// Those that failed at both.
    pub both: u64,
}

impl FailureCounts {
    /// Adds a pair, by whether it failed at A and at B.
    pub fn add(&mut self, a: bool, b: bool) {
        self.pairs += 1;
        match (a, b) {
            (true, false) => self.only_a += 1,
            (false, true) => self.only_b += 1,
            (true, true) => self.both += 1,
            (false, false) => {}
        }
    }
}

impl Failures {
    /// Adds a block. Failures come in bursts, so a block counts once, however many pairs failed in it.
    pub fn add(&mut self, block: FailureCounts) {
        self.pairs += block.pairs;
        self.only_a += block.only_a;
        self.only_b += block.only_b;
        self.both += block.both;
        let outcome = match block.only_b.cmp(&block.only_a) {
            std::cmp::Ordering::Less => -1.0,
            std::cmp::Ordering::Equal => return,
            std::cmp::Ordering::Greater => 1.0,
        };
        self.more_at_b.bet(outcome);
        self.more_at_a.bet(-outcome);
    }

    /// The share of the pairs that failed at A.
    pub fn rate_a(&self) -> f64 {
        self.share(self.only_a + self.both)
    }

    /// The share of the pairs that failed at B.
    pub fn rate_b(&self) -> f64 {
        self.share(self.only_b + self.both)
    }

    /// Whether it is certain that B fails more often, where the probability of an error at any time, for either side, is
    /// `alpha`.
    pub fn more_at_b(&self, alpha: f64) -> bool {
        self.more_at_b.logarithm() >= (2.0 / alpha).ln()
    }

    /// Whether it is certain that A fails more often.
    pub fn more_at_a(&self, alpha: f64) -> bool {
        self.more_at_a.logarithm() >= (2.0 / alpha).ln()
    }

    fn share(&self, of: u64) -> f64 {
        of as f64 / self.pairs.max(1) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(only_a: u64, only_b: u64) -> FailureCounts {
        FailureCounts { pairs: 100, only_a, only_b, both: 1 }
    }

    #[test]
    fn one_burst_is_not_enough_and_many_are() {
        let mut failures = Failures::default();
        failures.add(block(0, 90));
        assert!(!failures.more_at_b(0.05));
        for _ in 0..20 {
            failures.add(block(0, 2));
        }
        assert!(failures.more_at_b(0.01) && !failures.more_at_a(0.01));
        assert!((failures.rate_b() - (90.0 + 40.0 + 21.0) / 2100.0).abs() < 1e-12);
        assert!((failures.rate_a() - 21.0 / 2100.0).abs() < 1e-12);
    }

    #[test]
    fn what_fails_at_both_tells_nothing() {
        let mut failures = Failures::default();
        for _ in 0..1000 {
            failures.add(block(3, 3));
        }
        assert_eq!((failures.more_at_a(0.5), failures.more_at_b(0.5)), (false, false));
    }
}
