//! Chance decides for each iteration which variant comes first, and by how much; the same seed decides the same.

use std::time::Duration;

use flashcrowd_engine::SplitMix64;

use crate::pair::Variant;

/// The second variant follows the first within this time.
pub(crate) const APART: Duration = Duration::from_millis(100);

/// What chance decided for an iteration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chance {
    /// The variant that comes first.
    pub(crate) first: Variant,
    /// How long after it the other one follows.
    pub(crate) apart: Duration,
    /// By what the data of the iteration is drawn.
    pub(crate) seed: u64,
}

impl Chance {
    /// For an iteration of a scenario, by the seed of the run.
    pub(crate) fn of(seed: u64, scenario: usize, iteration: u64) -> Self {
        let base = mixed(seed ^ mixed(scenario as u64)).wrapping_add(iteration.wrapping_mul(3));
        let (coin, apart, seed) = (mixed(base), mixed(base.wrapping_add(1)), mixed(base.wrapping_add(2)));
        let share = (apart >> 11) as f64 / (1_u64 << 53) as f64;
        Self {
            first: if coin >> 63 == 0 { Variant::A } else { Variant::B },
            apart: APART.mul_f64(share),
            seed,
        }
    }
}

fn mixed(value: u64) -> u64 {
    SplitMix64::new(value).next_number()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coin_is_fair_and_distances_are_even() {
        let all: Vec<Chance> = (0..10_000).map(|iteration| Chance::of(7, 0, iteration)).collect();
        let first = all.iter().filter(|chance| chance.first == Variant::A).count();
        // Five standard deviations of 10,000 coins.
        assert!((4750..=5250).contains(&first), "{first}");
        let mean = all.iter().map(|chance| chance.apart.as_secs_f64()).sum::<f64>() / 1e4;
        assert!((0.0485..=0.0515).contains(&mean), "{mean}");
        assert!(all.iter().all(|chance| chance.apart < APART));
        let repeated = all.windows(2).filter(|pair| pair[0].first == pair[1].first).count();
        assert!((4750..=5250).contains(&repeated), "{repeated}");
    }

    #[test]
    fn the_same_seed_decides_the_same_and_others_something_else() {
        assert_eq!(Chance::of(7, 1, 5), Chance::of(7, 1, 5));
        assert_ne!(Chance::of(7, 1, 5).seed, Chance::of(7, 0, 5).seed);
        assert_ne!(Chance::of(7, 1, 5).seed, Chance::of(8, 1, 5).seed);
    }
}
