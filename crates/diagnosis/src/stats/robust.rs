//! Robust numbers are those that a few strange values do not change much.

/// The value with as many below as above it; none of none.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The median distance from the median: for normal values 0.6745 standard deviations (Rousseeuw and Croux,
/// "Alternatives to the Median Absolute Deviation", 1993).
pub(crate) fn mad(values: &[f64]) -> Option<f64> {
    let middle = median(values)?;
    let distances: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    median(&distances)
}

/// The value below which that share (0 to 1) of the values is, straight between neighbours.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
    Some(below + (above - below) * at.fract())
}

/// The mean; none of none.
pub(crate) fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The least share that `some` of `all` make likely: the lower end of Wilson's interval (Wilson, "Probable inference, the
/// law of succession, and statistical inference", 1927) for that many standard errors; zero of none.
pub(crate) fn least_share(some: f64, all: f64, errors: f64) -> f64 {
    if all <= 0.0 {
        return 0.0;
    }
    let (share, square) = ((some / all).clamp(0.0, 1.0), errors * errors);
    let spread = (share * (1.0 - share) / all + square / (4.0 * all * all)).sqrt();
    ((share + square / (2.0 * all) - errors * spread) / (1.0 + square / all)).max(0.0)
}

/// Cuts a series into `blocks` parts of nearly the same length, in order; fewer if there are fewer values.
pub(crate) fn blocks<T>(values: &[T], blocks: usize) -> impl Iterator<Item = &[T]> {
    let count = blocks.min(values.len());
    (0..count).map(move |at| &values[at * values.len() / count..(at + 1) * values.len() / count])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_strange_value_changes_little() {
        let values = [3.0, 1.0, 2.0, 1000.0, 4.0];
        assert_eq!((median(&values), mad(&values)), (Some(3.0), Some(1.0)));
        assert_eq!((quantile(&values, 0.125), quantile(&values, 1.0)), (Some(1.5), Some(1000.0)));
        assert_eq!((median(&[]), mad(&[]), mean(&[])), (None, None, None));
    }

    #[test]
    fn a_share_is_at_least_what_so_few_make_likely() {
        // (0.3 + 0.27145 - 2.33 · √(0.021 + 0.0135724)) / 1.54289 = 0.0896
        assert!((least_share(3.0, 10.0, 2.33) - 0.0896).abs() < 1e-4, "{}", least_share(3.0, 10.0, 2.33));
        assert_eq!((least_share(0.0, 50.0, 2.33), least_share(0.0, 0.0, 2.33)), (0.0, 0.0));
        assert!((least_share(3e5, 1e6, 2.33) - 0.3).abs() < 2e-3);
    }

    #[test]
    fn blocks_hold_everything_once_and_in_order() {
        let values: Vec<u32> = (0..11).collect();
        let parts: Vec<&[u32]> = blocks(&values, 4).collect();
        assert_eq!(parts.concat(), values);
        assert_eq!(parts.iter().map(|part| part.len()).collect::<Vec<_>>(), [2, 3, 3, 3]);
        assert_eq!(blocks(&values, 99).count(), 11);
        assert_eq!(blocks(&values[..0], 3).count(), 0);
    }
}
