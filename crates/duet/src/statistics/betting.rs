//! A bet on the next block, one after the other: if the differences lie around a value, no strategy makes a fortune by
//! betting that they lie above it.

/// The shares of the fortune that are put on a block; each is a strategy of its own, with a fifth of the fortune.
const STAKES: [f64; 5] = [0.06, 0.12, 0.25, 0.5, 0.95];

/// The fortune of someone who began with one unit and bet on outcomes between -1 and 1 that are fair on average.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bets {
    /// The logarithm of what each strategy made of a unit.
    logarithms: [f64; STAKES.len()],
}

impl Bets {
    /// Bets on an outcome.
    pub fn bet(&mut self, outcome: f64) {
        for (logarithm, stake) in self.logarithms.iter_mut().zip(STAKES) {
            *logarithm += (stake * outcome.clamp(-1.0, 1.0)).ln_1p();
        }
    }

    /// The logarithm of the fortune. The probability that it ever exceeds ln(1/α) is at most α where bets are fair
    /// (Ville's inequality).
    pub fn logarithm(&self) -> f64 {
        let largest = self.logarithms.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = self.logarithms.iter().map(|logarithm| (logarithm - largest).exp()).sum();
        largest + (sum / STAKES.len() as f64).ln()
    }
}

/// The logarithm of the fortune that these outcomes make.
pub fn evidence(outcomes: impl IntoIterator<Item = f64>) -> f64 {
    let mut bets = Bets::default();
    outcomes.into_iter().for_each(|outcome| bets.bet(outcome));
    bets.logarithm()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_fortune_begins_with_one_unit_and_a_worked_example() {
        assert!(evidence([]).abs() < 1e-12);
        // One block that is fully above: (1.06 + 1.12 + 1.25 + 1.5 + 1.95) / 5 = 1.376.
        assert!((evidence([1.0]) - 1.376_f64.ln()).abs() < 1e-12);
    }

    proptest! {
        /// What one outcome and its opposite make of a fortune is, on average, what it was: the bet is fair.
        #[test]
        fn bets_are_fair(before in proptest::collection::vec(-1.0..1.0, 0..20), outcome in 0.0..1.0) {
            let mut bets = Bets::default();
            before.iter().for_each(|outcome| bets.bet(*outcome));
            let after = |outcome: f64| {
                let mut bets = bets.clone();
                bets.bet(outcome);
                bets.logarithm().exp()
            };
            let mean = f64::midpoint(after(outcome), after(-outcome));
            prop_assert!((mean / bets.logarithm().exp() - 1.0).abs() < 1e-9);
        }
    }
}
