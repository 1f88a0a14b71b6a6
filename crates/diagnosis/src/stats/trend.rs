//! A trend is whether values rise or fall over time, and how fast.
//!
//! The slope is Theil and Sen's (Sen, "Estimates of the regression coefficient based on Kendall's tau", Journal of the
//! American Statistical Association 63, 1968): the median of the slopes of all pairs, so that up to 29% of the values
//! may be strange. Whether there is a trend at all is the test of Mann and Kendall (Mann, "Nonparametric tests against
//! trend", Econometrica 13, 1945; Kendall, "Rank correlation methods", 1975), with the correction for ties.
//!
//! Both suppose values that are independent of each other, which those of neighbouring seconds are not. Callers
//! therefore hand in one value per block of seconds, see [`blocks`].

use super::normal::two_sided;
use super::robust::{blocks, median};

/// More points than this are thinned before pairs are made of them.
const MOST_POINTS: usize = 400;

/// What a series of values does over time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Trend {
    /// By how much the value changes in one unit of time.
    pub(crate) slope: f64,
    /// The value where the line begins: at the first point's time.
    pub(crate) start: f64,
    /// The value where it ends: at the last point's time.
    pub(crate) end: f64,
    /// How likely values without a trend look as much like one.
    pub(crate) p_value: f64,
}

impl Trend {
    /// Of (time, value) pairs in the order of time; none of fewer than three, or where time stands still.
    pub(crate) fn of(points: &[(f64, f64)]) -> Option<Self> {
        let (slope, at_zero) = theil_sen(points)?;
        let (first, last) = (points.first()?.0, points.last()?.0);
        let values: Vec<f64> = points.iter().map(|point| point.1).collect();
        let line = |time: f64| at_zero + slope * time;
        Some(Self { slope, start: line(first), end: line(last), p_value: mann_kendall(&values) })
    }
}

/// The slope and the value at time zero of the line through (time, value) pairs.
pub(crate) fn theil_sen(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    if points.len() < 3 {
        return None;
    }
    let column = |block: &[(f64, f64)], of: fn(&(f64, f64)) -> f64| {
        median(&block.iter().map(of).collect::<Vec<_>>()).unwrap_or_default()
    };
    let thinned: Vec<(f64, f64)> =
        blocks(points, MOST_POINTS).map(|block| (column(block, |p| p.0), column(block, |p| p.1))).collect();
    let slopes: Vec<f64> = thinned
        .iter()
        .enumerate()
        .flat_map(|(at, from)| thinned[at + 1..].iter().map(move |to| (to.0 - from.0, to.1 - from.1)))
        .filter(|(time, _)| *time > 0.0)
        .map(|(time, value)| value / time)
        .collect();
    let slope = median(&slopes)?;
    let rests: Vec<f64> = thinned.iter().map(|(time, value)| value - slope * time).collect();
    Some((slope, median(&rests)?))
}

/// How likely values without a trend, independent of each other, would look as much like one.
pub(crate) fn mann_kendall(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mut score = 0.0;
    for (at, from) in values.iter().enumerate() {
        score += values[at + 1..].iter().map(|to| sign(to - from)).sum::<f64>();
    }
    let part = |n: f64| n * (n - 1.0) * (2.0 * n + 5.0);
    let variance = (part(n) - ties(values).into_iter().map(part).sum::<f64>()) / 18.0;
    if variance <= 0.0 {
        return 1.0;
    }
    two_sided((score.abs() - 1.0).max(0.0) / variance.sqrt())
}

fn sign(difference: f64) -> f64 {
    if difference == 0.0 { 0.0 } else { difference.signum() }
}

/// How many values are equal to each other, for each value that there is more than once.
pub(crate) fn ties(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let groups = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len);
    groups.filter(|length| *length > 1).map(|length| length as f64).collect()
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_line_is_found_through_strange_values() {
        let mut points: Vec<(f64, f64)> = (0..50).map(|x| (f64::from(x), 3.0 + 2.0 * f64::from(x))).collect();
        for at in [3, 11, 27, 44, 49] {
            points[at].1 = 1e6;
        }
        let trend = Trend::of(&points).unwrap();
        assert!((trend.slope - 2.0).abs() < 1e-9 && (trend.start - 3.0).abs() < 1e-9, "{trend:?}");
        assert!((trend.end - 101.0).abs() < 1e-9 && trend.p_value < 1e-6, "{trend:?}");
    }

    #[test]
    fn mann_kendall_agrees_with_a_computed_example() {
        // S = 45 - 2 * 2 = 41, variance = 10 * 9 * 25 / 18 = 125, z = 40 / sqrt(125) = 3.5777.
        let values = [1.0, 3.0, 2.0, 4.0, 5.0, 6.0, 8.0, 7.0, 9.0, 10.0];
        assert!((mann_kendall(&values) - 0.000_346_6).abs() < 1e-6, "{}", mann_kendall(&values));
        // One pair of ties: S = 44, variance = (2250 - 18) / 18 = 124, z = 43 / sqrt(124) = 3.8615.
        let tied = [1.0, 2.0, 2.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        assert!((mann_kendall(&tied) - 0.000_112_7).abs() < 1e-6, "{}", mann_kendall(&tied));
        assert_eq!(mann_kendall(&[5.0; 20]), 1.0);
    }

    #[test]
    fn noise_alone_is_a_trend_as_often_as_the_p_value_says() {
        let mut rng = Rng::with_seed(1);
        let runs = 2000;
        let found = (0..runs)
            .filter(|_| mann_kendall(&(0..20).map(|_| rng.f64()).collect::<Vec<_>>()) < 0.05)
            .count();
        assert!((0.03..0.06).contains(&(found as f64 / f64::from(runs))), "{found}");
    }

    #[test]
    fn too_little_is_no_trend() {
        assert_eq!(Trend::of(&[(0.0, 1.0), (1.0, 2.0)]), None);
        assert_eq!(Trend::of(&[(1.0, 1.0), (1.0, 2.0), (1.0, 3.0)]), None);
    }

    proptest! {
        #[test]
        fn the_slope_scales_with_value_and_time(
            values in proptest::collection::vec(-1e3..1e3_f64, 3..60),
            by in 0.1..10.0_f64,
        ) {
            let points: Vec<_> = values.iter().enumerate().map(|(at, value)| (at as f64, *value)).collect();
            let scaled: Vec<_> = points.iter().map(|(time, value)| (time * 2.0, value * by + 7.0)).collect();
            let (plain, other) = (Trend::of(&points).unwrap(), Trend::of(&scaled).unwrap());
            prop_assert!((plain.slope * by / 2.0 - other.slope).abs() < 1e-6);
            prop_assert!((plain.p_value - other.p_value).abs() < 1e-9);
        }
    }

    #[test]
    fn many_points_have_the_slope_of_few() {
        for slope in [-5.0, -0.01, 0.0, 0.3] {
            let points: Vec<_> = (0..3600).map(|x| (f64::from(x), 10.0 + slope * f64::from(x))).collect();
            let (found, at_zero) = theil_sen(&points).unwrap();
            assert!((found - slope).abs() < 1e-6 && (at_zero - 10.0).abs() < 1e-2, "{slope}");
        }
    }
}
