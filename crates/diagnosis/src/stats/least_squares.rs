//! Least squares find the coefficients with which some columns come closest to a value.

/// An equation: its coefficients, and what they come to.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) columns: Vec<f64>,
    pub(crate) value: f64,
}

/// Solves the normal equations of a few columns, which are scaled to the same length first.
pub(crate) fn least_squares(rows: &[Row]) -> Option<Vec<f64>> {
    let width = rows.first()?.columns.len();
    let length = |at: usize| rows.iter().map(|row| row.columns[at].powi(2)).sum::<f64>().sqrt();
    let scales: Vec<f64> = (0..width).map(length).collect();
    if scales.iter().any(|scale| *scale <= 0.0 || !scale.is_finite()) {
        return None;
    }
    let scaled = |row: &Row, at: usize| row.columns[at] / scales[at];
    let mut matrix: Vec<Vec<f64>> = (0..width)
        .map(|at| {
            let products = |other| rows.iter().map(|row| scaled(row, at) * scaled(row, other)).sum::<f64>();
            let values = rows.iter().map(|row| scaled(row, at) * row.value).sum();
            (0..width).map(products).chain([values]).collect()
        })
        .collect();
    let solved = eliminate(&mut matrix)?;
    Some(solved.iter().zip(&scales).map(|(value, scale)| value / scale).collect())
}

/// Gauss's elimination with the largest pivot; none where there is no single solution.
fn eliminate(matrix: &mut [Vec<f64>]) -> Option<Vec<f64>> {
    let width = matrix.len();
    for at in 0..width {
        let pivot = (at..width).max_by(|a, b| matrix[*a][at].abs().total_cmp(&matrix[*b][at].abs()))?;
        matrix.swap(at, pivot);
        let row = matrix[at].clone();
        if row[at].abs() < 1e-12 {
            return None;
        }
        for (_, other) in matrix.iter_mut().enumerate().filter(|(below, _)| *below != at) {
            let factor = other[at] / row[at];
            other.iter_mut().zip(&row).for_each(|(value, pivot)| *value -= factor * pivot);
        }
    }
    Some((0..width).map(|at| matrix[at][width] / matrix[at][at]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_found_and_equal_columns_have_none() {
        let row = |at: i32, last: f64| Row {
            columns: vec![1.0, f64::from(at), last],
            value: 3.0 - 2.0 * f64::from(at) + 0.5 * last,
        };
        let solved =
            least_squares(&(0..9).map(|at| row(at, f64::from(at * at))).collect::<Vec<_>>()).unwrap();
        assert!(solved.iter().zip([3.0, -2.0, 0.5]).all(|(found, true_one)| (found - true_one).abs() < 1e-9));
        assert_eq!(least_squares(&(0..9).map(|at| row(at, f64::from(at))).collect::<Vec<_>>()), None);
        assert_eq!(least_squares(&[]), None);
    }
}
