//! A collection is a moment at which a heap that grew is suddenly smaller: the teeth of a saw.

use super::robust::{mad, median};

/// A fall stands out from noise by this many standard deviations of the change from one value to the next.
const STANDS_OUT: f64 = 8.0;

/// The standard deviation of normal values by their median distance from the median.
const OF_NORMAL: f64 = 1.4826;

/// A fall is one of the teeth if it is this part of the largest one, and of the rise before it.
const ALIKE: f64 = 0.5;

/// A fall smaller than this part of the whole does not matter.
const MATTERS: f64 = 0.02;

/// What each collection left, by (time, value) pairs in the order of time: the values after falls that stand out, that
/// are at least as large as given, and half as large as the largest of them and as the rise before them.
pub(crate) fn collections(points: &[(f64, f64)], least: f64) -> Vec<(f64, f64)> {
    let steps: Vec<f64> = points.windows(2).map(|pair| pair[1].1 - pair[0].1).collect();
    let values: Vec<f64> = points.iter().map(|point| point.1).collect();
    let (Some(noise), Some(level)) = (mad(&steps), median(&values)) else { return Vec::new() };
    let falls = falls(&values);
    let largest = falls.iter().map(|(from, to)| values[*from] - values[*to]).fold(0.0, f64::max);
    let smallest = least.max(ALIKE * largest).max(STANDS_OUT * OF_NORMAL * noise).max(MATTERS * level.abs());
    let mut left: Vec<(f64, f64)> = Vec::new();
    let mut low = values.first().copied().unwrap_or_default();
    for (from, to) in falls {
        low = low.min(values[from]);
        let fall = values[from] - values[to];
        if fall < smallest {
            low = low.min(values[to]);
        } else {
            if values[from] - low >= ALIKE * fall {
                left.push(points[to]);
            }
            low = values[to];
        }
    }
    left
}

/// First and last position of each run of values that become smaller.
fn falls(values: &[f64]) -> Vec<(usize, usize)> {
    let mut falls: Vec<(usize, usize)> = Vec::new();
    for at in 1..values.len() {
        if values[at] < values[at - 1] {
            match falls.last_mut() {
                Some((_, last)) if *last == at - 1 => *last = at,
                _ => falls.push((at - 1, at)),
            }
        }
    }
    falls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(values: impl IntoIterator<Item = f64>) -> Vec<f64> {
        let points: Vec<(f64, f64)> = values.into_iter().enumerate().map(|(at, v)| (at as f64, v)).collect();
        collections(&points, 4.0).into_iter().map(|point| point.1).collect()
    }

    #[test]
    fn the_values_after_falls_of_a_saw_are_left() {
        let saw = |at: i32| 100.0 + f64::from(at / 10) + 5.0 * f64::from(at % 10);
        assert_eq!(left((0..45).map(saw)), [101.0, 102.0, 103.0, 104.0]);
    }

    #[test]
    fn noise_steps_and_slow_falls_are_no_collections() {
        let mut rng = fastrand::Rng::with_seed(1);
        assert_eq!(left((0..60).map(|_| 100.0 + 10.0 * rng.f64())), [0.0; 0]);
        assert_eq!(left((0..60).map(|at| if at < 30 { 160.0 } else { 100.0 })), [0.0; 0]);
        assert_eq!(left((0..60).map(f64::from)), [0.0; 0]);
        assert_eq!(left([]), [0.0; 0]);
    }
}
