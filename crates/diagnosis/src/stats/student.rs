//! Student's t distribution and the normal one, for the quantiles that intervals are made of.
//!
//! The distribution function is the regularized incomplete beta function, by its continued fraction (Abramowitz and
//! Stegun, 26.5.8 and 26.7.1); a quantile is found by bisection.

use libm::{erfc, lgamma};

/// From so many degrees of freedom on it is the normal distribution.
const NORMAL: f64 = 1e5;

/// Steps of the bisection: enough for all digits of a double.
const HALVINGS: usize = 200;

/// How far from zero a value with these degrees of freedom is with that probability on one side: 1.96 for 0.025 and
/// many degrees of freedom.
pub(crate) fn upper_quantile(tail: f64, freedom: f64) -> f64 {
    if !(tail > 0.0 && freedom > 0.0) {
        return f64::INFINITY;
    }
    if tail >= 0.5 {
        return 0.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    while upper_tail(high, freedom) > tail && high < 1e12 {
        (low, high) = (high, high * 2.0);
    }
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if middle <= low || middle >= high {
            break;
        }
        if upper_tail(middle, freedom) > tail { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// How likely a value is larger than `t`, which is not negative.
fn upper_tail(t: f64, freedom: f64) -> f64 {
    if freedom >= NORMAL {
        return 0.5 * erfc(t / std::f64::consts::SQRT_2);
    }
    0.5 * incomplete_beta(freedom / (freedom + t * t), freedom / 2.0, 0.5)
}

/// The regularized incomplete beta function.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (lgamma(a + b) - lgamma(a) - lgamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    if x < (a + 1.0) / (a + b + 2.0) {
        front * fraction(x, a, b) / a
    } else {
        1.0 - front * fraction(1.0 - x, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function, by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let safe = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / safe(1.0 - (a + b) * x / (a + 1.0));
    let mut value = d;
    for m in (1..300).map(f64::from) {
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for term in [even, odd] {
            d = 1.0 / safe(1.0 + term * d);
            c = safe(1.0 + term / c);
            value *= d * c;
        }
        if (d * c - 1.0).abs() < 1e-14 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_those_of_the_tables() {
        for (tail, freedom, expected) in [
            (0.025, 1.0, 12.706_205),
            (0.025, 4.0, 2.776_445),
            (0.02, 3.0, 3.481_909),
            (0.005, 10.0, 3.169_273),
            (0.001, 30.0, 3.385_185),
            (0.025, 1e9, 1.959_964),
            (0.02, f64::INFINITY, 2.053_749),
        ] {
            let found = upper_quantile(tail, freedom);
            assert!((found - expected).abs() < 1e-5, "{tail} {freedom}: {found}");
        }
        assert_eq!(upper_quantile(0.5, 3.0), 0.0);
        assert_eq!(upper_quantile(0.0, 3.0), f64::INFINITY);
    }
}
