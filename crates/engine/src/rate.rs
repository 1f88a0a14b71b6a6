//! A rate as people write it: how many in how much time, `200/s`, `30/m` or `1000/h`.

use std::time::Duration;

/// Reads a rate: how many, and the time unit; a second where there is none.
pub fn parse(text: &str) -> Option<(f64, Duration)> {
    let (count, unit) = text.split_once('/').unwrap_or((text, "s"));
    let seconds = match unit.trim() {
        "s" => 1,
        "m" | "min" => 60,
        "h" => 3600,
        _ => return None,
    };
    let count: f64 = count.trim().parse().ok()?;
    (count.is_finite() && count >= 0.0).then_some((count, Duration::from_secs(seconds)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_have_a_unit_and_are_no_less_than_nothing() {
        for (text, count, seconds) in [
            ("150/s", 150.0, 1),
            ("0", 0.0, 1),
            (" 2.5 / min", 2.5, 60),
            ("9/m", 9.0, 60),
            ("7/h", 7.0, 3600),
        ] {
            assert_eq!(parse(text), Some((count, Duration::from_secs(seconds))), "{text}");
        }
        for wrong in ["", "many/s", "5/day", "-1/s", "inf/s", "nan"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
