//! Popularity says how often each product is asked for: a few of them most of the time, as on such a day, or all alike.

use std::sync::Arc;

use fastrand::Rng;

/// How often each of some things is drawn.
#[derive(Clone, Debug)]
pub struct Popularity {
    count: usize,
    /// For each rank the weight of it and all before it; none if all are alike.
    law: Option<Arc<[f64]>>,
    /// From the thing of one rank to that of the next; has no divisor in common with `count`.
    step: usize,
}

impl Popularity {
    /// All alike.
    pub fn uniform(count: usize) -> Self {
        Self { count, law: None, step: 1 }
    }

    /// By Zipf's law with that exponent: the second is drawn `2^exponent` times less often than the first, and so on. Which
    /// is the first, the second and so on is scattered over all of them, and is always the same.
    pub fn zipf(count: usize, exponent: f64) -> Self {
        let mut sum = 0.0;
        let weights = (1..=count).map(|rank| {
            sum += (rank as f64).powf(-exponent);
            sum
        });
        Self { count, law: Some(weights.collect()), step: step(count) }
    }

    /// Draws one, from 0; if there is nothing to draw from, 0 as well.
    pub fn draw(&self, rng: &mut Rng) -> usize {
        let Some(law) = &self.law else { return rng.usize(..self.count.max(1)) };
        let Some(sum) = law.last() else { return 0 };
        let drawn = rng.f64() * sum;
        let rank = law.partition_point(|weight| *weight <= drawn);
        self.at_rank(rank.min(self.count - 1))
    }

    /// Which one has a rank, the most popular rank 0.
    pub fn at_rank(&self, rank: usize) -> usize {
        let (rank, step, count) = (rank as u128, self.step as u128, self.count.max(1) as u128);
        usize::try_from(rank * step % count).unwrap_or_default()
    }
}

/// A step of about the golden ratio of the count, which meets each once: neighbours in rank are far from each other.
fn step(count: usize) -> usize {
    let golden = (count as f64 * 0.618_034) as usize;
    (golden.max(1)..).find(|step| gcd(*step, count) == 1).unwrap_or(1)
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use fastrand::Rng;

    use super::super::catalogue::Catalogue;
    use super::*;

    const DRAWS: u32 = 200_000;

    /// How often each rank came.
    fn drawn(popularity: &Popularity, seed: u64) -> Vec<u32> {
        let mut rng = Rng::with_seed(seed);
        let mut times = vec![0; popularity.count];
        for _ in 0..DRAWS {
            times[popularity.draw(&mut rng)] += 1;
        }
        (0..popularity.count).map(|rank| times[popularity.at_rank(rank)]).collect()
    }

    /// Pearson's statistic against expected shares, in standard deviations of its distribution.
    fn surprise(times: &[u32], shares: &[f64]) -> f64 {
        let freedom = (times.len() - 1) as f64;
        let statistic: f64 = times
            .iter()
            .zip(shares)
            .map(|(times, share)| {
                let expected = share * f64::from(DRAWS);
                (f64::from(*times) - expected).powi(2) / expected
            })
            .sum();
        (statistic - freedom) / (2.0 * freedom).sqrt()
    }

    #[test]
    fn things_are_drawn_by_their_law() {
        for exponent in [0.0, 0.5, 1.0, 1.5] {
            let popularity = Popularity::zipf(100, exponent);
            let weights: Vec<f64> = (1..=100).map(|rank| f64::from(rank).powf(-exponent)).collect();
            let shares: Vec<f64> =
                weights.iter().map(|weight| weight / weights.iter().sum::<f64>()).collect();
            let surprise = surprise(&drawn(&popularity, 1), &shares);
            assert!(surprise.abs() < 5.0, "{exponent}: {surprise}");
        }
        let surprise = surprise(&drawn(&Popularity::uniform(100), 1), &[0.01; 100]);
        assert!(surprise.abs() < 5.0, "{surprise}");
    }

    #[test]
    fn hot_products_spread_over_the_categories() {
        for count in [100, 1_000, 5_000] {
            let (catalogue, popularity) = (Catalogue::new(count, 1), Popularity::zipf(count, 1.0));
            let mut hot: Vec<&str> =
                (0..10).map(|rank| catalogue.products[popularity.at_rank(rank)].category.as_str()).collect();
            hot.sort_unstable();
            hot.dedup();
            assert!(hot.len() >= 5, "{count}: {hot:?}");
        }
    }

    #[test]
    fn a_million_things_are_no_trouble() {
        let popularity = Popularity::zipf(1_000_000, 1.0);
        let mut rng = Rng::with_seed(7);
        let first = (0..100_000).filter(|_| popularity.draw(&mut rng) == popularity.at_rank(0)).count();
        // The share of the first of a million is 1 of 14.39.
        assert!((6_500..7_400).contains(&first), "{first}");
    }

    #[test]
    fn nothing_to_draw_from_is_no_panic() {
        let mut rng = Rng::with_seed(1);
        assert_eq!((Popularity::zipf(0, 1.0).draw(&mut rng), Popularity::uniform(0).draw(&mut rng)), (0, 0));
        assert_eq!((Popularity::zipf(1, 1.0).draw(&mut rng), Popularity::uniform(1).draw(&mut rng)), (0, 0));
    }

    proptest! {
        #[test]
        fn every_thing_has_one_rank(count in 1..3_000_usize) {
            let popularity = Popularity::zipf(count, 1.0);
            let mut seen: Vec<usize> = (0..count).map(|rank| popularity.at_rank(rank)).collect();
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..count).collect::<Vec<_>>());
        }

        #[test]
        fn what_is_drawn_is_there(count in 1..200_usize, exponent in 0.0..4.0_f64, seed: u64) {
            let (zipf, uniform) = (Popularity::zipf(count, exponent), Popularity::uniform(count));
            let mut rng = Rng::with_seed(seed);
            for _ in 0..50 {
                prop_assert!(zipf.draw(&mut rng) < count && uniform.draw(&mut rng) < count);
            }
        }
    }
}
