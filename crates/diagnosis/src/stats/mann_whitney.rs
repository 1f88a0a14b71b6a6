//! The test of Mann and Whitney says how likely two groups of values come from the same distribution.
//!
//! Mann and Whitney, "On a test of whether one of two random variables is stochastically larger than the other",
//! Annals of Mathematical Statistics 18, 1947; with the correction for ties and for continuity. Where all values of one
//! group are above all of the other, the probability is exact: two of all ways to deal the values to the groups.

use super::normal::two_sided;
use super::trend::ties;

/// How two groups of values compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MannWhitney {
    /// How likely two groups of one distribution are at least as different.
    pub(crate) p_value: f64,
    /// How likely a value of the second group is larger than one of the first; 0.5 where neither is.
    pub(crate) superiority: f64,
}

impl MannWhitney {
    /// Compares two groups; none where one has fewer than four values, of which the test could never be sure.
    pub(crate) fn of(first: &[f64], second: &[f64]) -> Option<Self> {
        if first.len() < 4 || second.len() < 4 {
            return None;
        }
        let (n, m) = (first.len() as f64, second.len() as f64);
        let larger: f64 =
            second.iter().map(|value| first.iter().map(|other| beats(*value, *other)).sum::<f64>()).sum();
        let all = n + m;
        let tied: f64 = ties(&[first, second].concat()).into_iter().map(|count| count.powi(3) - count).sum();
        let variance = n * m / 12.0 * (all + 1.0 - tied / (all * (all - 1.0)));
        let distance = ((larger - n * m / 2.0).abs() - 0.5).max(0.0);
        let p_value = match variance > 0.0 {
            true if larger == 0.0 || larger == n * m => apart(first.len(), second.len()),
            true => two_sided(distance / variance.sqrt()),
            false => 1.0,
        };
        Some(Self { p_value, superiority: larger / (n * m) })
    }
}

/// How likely all values of one of two groups of one distribution are above all of the other.
pub(crate) fn apart(first: usize, second: usize) -> f64 {
    2.0 * (1..=second).map(|at| at as f64 / (first + at) as f64).product::<f64>()
}

fn beats(value: f64, other: f64) -> f64 {
    if value == other { 0.5 } else { f64::from(u8::from(value > other)) }
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    #[test]
    fn a_computed_example() {
        // U = 1 of 25: z = (11.5 - 0.5 + 0.5) ... = |1 - 12.5| - 0.5 over sqrt(25 * 11 / 12) = 2.2978.
        let found = MannWhitney::of(&[6.0, 8.0, 9.0, 10.0, 12.0], &[1.0, 2.0, 3.0, 5.0, 7.0]).unwrap();
        assert!((found.p_value - 0.021_57).abs() < 1e-4 && found.superiority == 0.04, "{found:?}");
        assert_eq!(MannWhitney::of(&[1.0; 9], &[1.0; 9]).unwrap().p_value, 1.0);
        assert_eq!(MannWhitney::of(&[1.0; 3], &[2.0; 9]), None);
    }

    #[test]
    fn groups_that_are_apart_have_an_exact_probability() {
        let above: Vec<f64> = (10..15).map(f64::from).collect();
        let found = MannWhitney::of(&above, &[1.0, 1.0, 3.0, 4.0, 5.0]).unwrap();
        assert!((found.p_value - 2.0 / 252.0).abs() < 1e-12 && found.superiority == 0.0, "{found:?}");
        assert!((apart(4, 7) - 2.0 / 330.0).abs() < 1e-12 && (apart(7, 4) - apart(4, 7)).abs() < 1e-12);
    }

    #[test]
    fn equal_groups_differ_as_often_as_the_p_value_says() {
        let mut rng = Rng::with_seed(4);
        let found = (0..2000)
            .filter(|_| {
                let mut draw = || (0..25).map(|_| (rng.f64() * 50.0).round()).collect::<Vec<_>>();
                MannWhitney::of(&draw(), &draw()).unwrap().p_value < 0.05
            })
            .count();
        assert!((60..130).contains(&found), "{found}");
    }
}
