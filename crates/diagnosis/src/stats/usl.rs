//! Gunther's Universal Scalability Law, fitted to loads and throughputs.
//!
//! X(N) = λN / (1 + σ(N-1) + κN(N-1)): Gunther, "Guerrilla Capacity Planning", 2007. N/X is linear in 1, N-1 and
//! N(N-1), so that the fit is one of least squares whose coefficients may not be negative. Residuals are weighted with
//! (X · X̂ / N)², which makes them those of throughput, and as X̂ is not known before, the fit is repeated.

use flashcrowd_record::UslFit;

use super::least_squares::{Row, least_squares};

/// The weights settle after a few rounds.
const ROUNDS: usize = 12;

/// A peak further beyond the largest load than this is a guess and not shown.
const FORESIGHT: f64 = 10.0;

/// Fits (users, requests a second); none of fewer points than the law has parameters.
pub(crate) fn fit(points: &[(f64, f64)]) -> Option<UslFit> {
    let points: Vec<(f64, f64)> = points.iter().copied().filter(|(n, x)| *n > 0.0 && *x > 0.0).collect();
    let largest = points.iter().map(|point| point.0).reduce(f64::max)?;
    if points.len() < 3 {
        return None;
    }
    let mut fitted: Vec<f64> = points.iter().map(|point| point.1).collect();
    let mut law = UslFit::default();
    for _ in 0..ROUNDS {
        law = weighted(&points, &fitted)?;
        fitted = points.iter().map(|point| throughput(&law, point.0)).collect();
    }
    let peak = (law.kappa > 0.0 && law.sigma < 1.0).then(|| ((1.0 - law.sigma) / law.kappa).sqrt().max(1.0));
    law.peak_tps = match peak {
        Some(peak) => throughput(&law, peak),
        None if law.sigma > 0.0 => law.lambda / law.sigma,
        None => throughput(&law, largest),
    };
    law.peak_users = peak.filter(|peak| *peak <= FORESIGHT * largest);
    law.r_squared = r_squared(&points, |n| throughput(&law, n));
    Some(law)
}

/// The throughput of that many users, in requests per second.
pub(crate) fn throughput(law: &UslFit, users: f64) -> f64 {
    law.lambda * users / (1.0 + law.sigma * (users - 1.0) + law.kappa * users * (users - 1.0))
}

/// The squares that a curve leaves unexplained.
pub(crate) fn squares(points: &[(f64, f64)], curve: impl Fn(f64) -> f64) -> f64 {
    points.iter().map(|(n, x)| (x - curve(*n)).powi(2)).sum()
}

/// The part of the variance that a curve explains.
pub(crate) fn r_squared(points: &[(f64, f64)], curve: impl Fn(f64) -> f64) -> f64 {
    let mean = points.iter().map(|point| point.1).sum::<f64>() / points.len() as f64;
    let all = squares(points, |_| mean);
    if all > 0.0 { 1.0 - squares(points, curve) / all } else { 0.0 }
}

/// One round: the best of the fits with none, one or both of σ and κ held at zero.
fn weighted(points: &[(f64, f64)], fitted: &[f64]) -> Option<UslFit> {
    let columns: [fn(f64) -> f64; 3] = [|_| 1.0, |n| n - 1.0, |n| n * (n - 1.0)];
    let mut best: Option<(f64, UslFit)> = None;
    for active in [&[0, 1, 2][..], &[0, 1], &[0, 2], &[0]] {
        let rows: Vec<Row> = points
            .iter()
            .zip(fitted)
            .map(|((n, x), fitted)| {
                let weight = x * fitted / n;
                let columns = active.iter().map(|column| columns[*column](*n) * weight).collect();
                Row { columns, value: n / x * weight }
            })
            .collect();
        let Some(solved) = least_squares(&rows) else { continue };
        let mut all = [0.0; 3];
        active.iter().zip(&solved).for_each(|(column, value)| all[*column] = *value);
        let [base, contention, coherency] = all;
        if base <= 0.0 || contention < 0.0 || coherency < 0.0 {
            continue;
        }
        let rest = rows
            .iter()
            .map(|row| (row.columns.iter().zip(&solved).map(|(a, b)| a * b).sum::<f64>() - row.value).powi(2))
            .sum();
        let law = UslFit {
            lambda: 1.0 / base,
            sigma: contention / base,
            kappa: coherency / base,
            ..UslFit::default()
        };
        if best.as_ref().is_none_or(|(least, _)| rest < *least) {
            best = Some((rest, law));
        }
    }
    best.map(|(_, law)| law)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn law(lambda: f64, sigma: f64, kappa: f64) -> UslFit {
        UslFit { lambda, sigma, kappa, ..UslFit::default() }
    }

    #[test]
    fn a_line_has_no_peak() {
        let fitted = fit(&[(1.0, 10.0), (10.0, 100.0), (100.0, 1000.0)]).unwrap();
        assert!((fitted.lambda - 10.0).abs() < 1e-6 && fitted.sigma < 1e-9 && fitted.kappa < 1e-12);
        assert_eq!(fitted.peak_users, None);
        assert!((fitted.peak_tps - 1000.0).abs() < 1e-3 && fitted.r_squared > 0.999_999, "{fitted:?}");
    }

    #[test]
    fn too_few_points_have_no_fit() {
        assert_eq!(fit(&[(1.0, 10.0), (2.0, 20.0)]), None);
        assert_eq!(fit(&[(1.0, 0.0), (2.0, 0.0), (3.0, 0.0)]), None);
    }

    proptest! {
        #[test]
        fn the_parameters_of_a_system_are_found(
            lambda in 1.0..500.0_f64, sigma in 0.001..0.3_f64, kappa in 1e-6..1e-2_f64,
        ) {
            let truth = law(lambda, sigma, kappa);
            let points: Vec<_> =
                [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0].map(|n| (n, throughput(&truth, n))).into();
            let fitted = fit(&points).unwrap();
            prop_assert!((fitted.lambda / lambda - 1.0).abs() < 1e-3, "{fitted:?}");
            prop_assert!((fitted.sigma - sigma).abs() < 1e-3 * sigma.max(0.01), "{fitted:?}");
            prop_assert!((fitted.kappa / kappa - 1.0).abs() < 1e-2, "{fitted:?}");
            prop_assert!(fitted.r_squared > 0.999_99);
        }

        #[test]
        fn no_parameter_is_ever_negative(points in proptest::collection::vec((1.0..1e4_f64, 0.1..1e5_f64), 3..12)) {
            if let Some(fitted) = fit(&points) {
                prop_assert!(fitted.lambda > 0.0 && fitted.sigma >= 0.0 && fitted.kappa >= 0.0, "{fitted:?}");
                prop_assert!(fitted.peak_tps.is_finite() && fitted.r_squared <= 1.0, "{fitted:?}");
            }
        }
    }
}
