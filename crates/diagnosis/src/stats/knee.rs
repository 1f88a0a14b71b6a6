//! The knee is where throughput stops to rise with the load: the change point of two straight lines.
//!
//! The first line goes up from zero, as throughput does while nobody waits (X = N / (R + Z)), the second is flat or
//! falls (X = X_max). The knee is tried at every place between the smallest and the largest load, and the lines that
//! leave the least squares win; the method is that of Hinkley, "Inference in two-phase regression", Journal of the
//! American Statistical Association 66, 1971.

use super::usl::{r_squared, squares};

/// At how many places the knee is tried.
const PLACES: u32 = 600;

/// Fewer points cannot tell a fall after the knee from a later knee.
const POINTS_OF_A_FALL: usize = 4;

/// A line that rises up to a knee, and one that does not after it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Knee {
    /// The load at which the lines meet.
    pub(crate) load: f64,
    /// Throughput per load before.
    pub(crate) rise: f64,
    /// How much throughput is lost with each load more after it.
    pub(crate) fall: f64,
    /// The squares that the lines leave unexplained.
    pub(crate) squares: f64,
    /// The part of the variance that the lines explain.
    pub(crate) r_squared: f64,
}

impl Knee {
    /// Fits (load, throughput) pairs; none of fewer than two loads.
    pub(crate) fn fit(points: &[(f64, f64)]) -> Option<Self> {
        let first = points.iter().map(|point| point.0).reduce(f64::min)?;
        let last = points.iter().map(|point| point.0).reduce(f64::max)?;
        if !(first > 0.0 && last > first) {
            return None;
        }
        let places = (0..=PLACES).map(|at| first * (last / first).powf(f64::from(at) / f64::from(PLACES)));
        places.map(|load| Self::at(load, points)).min_by(|a, b| a.squares.total_cmp(&b.squares))
    }

    /// The best two lines that meet there.
    fn at(load: f64, points: &[(f64, f64)]) -> Self {
        let (mut aa, mut bb, mut ab, mut ax, mut bx) = (0.0, 0.0, 0.0, 0.0, 0.0);
        for (n, x) in points {
            let (before, after) = (n.min(load), (n - load).max(0.0));
            (aa, bb, ab) = (aa + before * before, bb + after * after, ab + before * after);
            (ax, bx) = (ax + before * x, bx + after * x);
        }
        let determinant = aa * bb - ab * ab;
        let slope = if determinant > 1e-9 * aa * bb { (aa * bx - ab * ax) / determinant } else { 0.0 };
        let fall = if points.len() < POINTS_OF_A_FALL { 0.0 } else { (-slope).max(0.0) };
        let rise = (ax + fall * ab) / aa;
        let knee = Self { load, rise, fall, squares: 0.0, r_squared: 0.0 };
        let curve = |n| knee.throughput(n);
        Self { squares: squares(points, curve), r_squared: r_squared(points, curve), ..knee }
    }

    /// What the lines say of a load.
    pub(crate) fn throughput(&self, load: f64) -> f64 {
        self.rise * load.min(self.load) - self.fall * (load - self.load).max(0.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_load_has_no_knee() {
        assert_eq!(Knee::fit(&[(5.0, 10.0), (5.0, 11.0)]), None);
        assert_eq!(Knee::fit(&[]), None);
    }

    #[test]
    fn a_flat_line_has_its_knee_at_its_beginning() {
        let knee = Knee::fit(&[(10.0, 50.0), (20.0, 50.0), (30.0, 50.0)]).unwrap();
        assert!((knee.load - 10.0).abs() < 1e-9 && knee.squares < 1e-9, "{knee:?}");
    }

    proptest! {
        #[test]
        fn the_knee_of_two_lines_is_found(
            at in 3.0..40.0_f64, rise in 0.5..200.0_f64, fall in 0.0..0.5_f64, start in 1..3_u32,
        ) {
            let truth = Knee { load: at, rise, fall: fall * rise, squares: 0.0, r_squared: 0.0 };
            let points: Vec<_> =
                (start..60).map(|n| (f64::from(n), truth.throughput(f64::from(n)))).collect();
            let knee = Knee::fit(&points).unwrap();
            prop_assert!((knee.load / at - 1.0).abs() < 0.01, "{knee:?}");
            prop_assert!((knee.rise / rise - 1.0).abs() < 0.01 && knee.r_squared > 0.999, "{knee:?}");
        }
    }
}
