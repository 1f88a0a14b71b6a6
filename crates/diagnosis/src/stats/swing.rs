//! A swing is a wave around a constant, of which a run rarely sees whole periods: what is left of one moves the mean.

use super::least_squares::{Row, least_squares};
use super::robust::mean;

/// A swing has from two periods to sixteen, in steps of a quarter. Of fewer nobody knows that they return; of more, little
/// is left in a mean.
const QUARTERS: std::ops::RangeInclusive<u32> = 8..=64;

/// A period has at least so many values.
const VALUES: f64 = 4.0;

/// Fewer values tell no swing.
const ENOUGH: usize = 20;

/// A wave that explains less than this part of the squares is chance, or another shape.
const EXPLAINED: f64 = 0.6;

/// What a swing adds to each of these values, which have even distances; none where they do not swing.
pub(crate) fn swing(values: &[f64]) -> Option<Vec<f64>> {
    let middle = mean(values).filter(|_| values.len() >= ENOUGH)?;
    let all: f64 = values.iter().map(|value| (value - middle).powi(2)).sum();
    let most = values.len() as f64 / VALUES;
    let periods = QUARTERS.map(|quarters| f64::from(quarters) / 4.0).filter(|periods| *periods <= most);
    let waves = periods.filter_map(|periods| wave(values, periods));
    let (rest, wave) = waves.min_by(|one, other| one.0.total_cmp(&other.0))?;
    (rest < (1.0 - EXPLAINED) * all).then_some(wave)
}

/// The wave of so many periods that comes closest, and the squares that it leaves.
fn wave(values: &[f64], periods: f64) -> Option<(f64, Vec<f64>)> {
    let row = |(at, value): (usize, &f64)| {
        let angle = std::f64::consts::TAU * periods * at as f64 / values.len() as f64;
        Row { columns: vec![1.0, angle.cos(), angle.sin()], value: *value }
    };
    let rows: Vec<Row> = values.iter().enumerate().map(row).collect();
    let solved = least_squares(&rows)?;
    let wave: Vec<f64> =
        rows.iter().map(|row| solved[1] * row.columns[1] + solved[2] * row.columns[2]).collect();
    let rest = values.iter().zip(&wave).map(|(value, wave)| (value - solved[0] - wave).powi(2)).sum();
    Some((rest, wave))
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    #[test]
    fn what_is_left_of_a_swing_is_known_and_noise_has_none() {
        let mut rng = Rng::with_seed(5);
        let mut noise = move || (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
        for count in [30, 60, 120] {
            let (mut worst, mut seen): (f64, u32) = (0.0, 0);
            for turn in 0..100 {
                let (period, phase) = (count as f64 / (2.1 + f64::from(turn % 10) * 0.4), f64::from(turn));
                let at = |at: usize| 20.0 + 6.0 * (std::f64::consts::TAU * at as f64 / period + phase).sin();
                let values: Vec<f64> = (0..count).map(|second| at(second) + noise()).collect();
                let left = mean(&swing(&values).unwrap()).unwrap();
                worst = worst.max((mean(&values).unwrap() - left - 20.0).abs());
                let values: Vec<f64> = (0..count).map(|_| 20.0 + noise()).collect();
                seen += u32::from(swing(&values).is_some());
            }
            assert!(worst < 0.9 && seen <= 1, "{count}: {worst} {seen}");
        }
    }
}
