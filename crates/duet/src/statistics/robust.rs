//! Middles and spreads that a few outliers do not move.

/// The median.
pub fn median(mut values: Vec<f64>) -> Option<f64> {
    let last = values.len().checked_sub(1)?;
    values.sort_unstable_by(f64::total_cmp);
    Some(f64::midpoint(values[last / 2], values[last.div_ceil(2)]))
}

/// The median absolute deviation from the median, as large as a standard deviation where values are normal; zero of no
/// values.
pub fn spread(values: &[f64]) -> f64 {
    let centre = median(values.to_vec()).unwrap_or_default();
    1.4826 * median(values.iter().map(|value| (value - centre).abs()).collect()).unwrap_or_default()
}
