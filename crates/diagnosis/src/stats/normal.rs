//! The normal distribution, for the p-values of tests whose statistic is nearly normal.

use libm::erfc;

/// How likely a standard normal value is at least this far from zero.
pub(crate) fn two_sided(z: f64) -> f64 {
    erfc(z.abs() / std::f64::consts::SQRT_2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_quantiles_have_their_probabilities() {
        for (z, expected) in [(0.0, 1.0), (1.959_964, 0.05), (-2.575_829, 0.01), (3.290_527, 0.001)] {
            assert!((two_sided(z) - expected).abs() < 1e-6, "{z}");
        }
    }
}
