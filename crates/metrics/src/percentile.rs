//! A percentile is the value below which a share of the samples lies, interpolated as k6 does.

/// The value at `quantile` (0 to 1) of sorted samples: linear interpolation between the two order statistics
/// around rank `quantile * (n - 1)`. Zero when there are no samples.
pub fn percentile(sorted: &[f64], quantile: f64) -> f64 {
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let rank = quantile.clamp(0.0, 1.0) * last as f64;
    let below = rank.floor() as usize;
    let above = (below + 1).min(last);
    let fraction = rank - below as f64;
    sorted[below] + (sorted[above] - sorted[below]) * fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpolates_between_neighbours() {
        let table: [(&[f64], f64, f64); 7] = [
            (&[], 0.5, 0.0),
            (&[7.0], 0.95, 7.0),
            (&[1.0, 2.0], 0.5, 1.5),
            (&[1.0, 2.0, 3.0], 0.5, 2.0),
            (&[10.0, 20.0, 30.0, 40.0, 50.0], 0.9, 46.0),
            (&[1.0, 2.0], 0.0, 1.0),
            (&[1.0, 2.0], 1.0, 2.0),
        ];
        for (samples, quantile, expected) in table {
            assert!((percentile(samples, quantile) - expected).abs() < 1e-12, "{samples:?} {quantile}");
        }
    }
}
