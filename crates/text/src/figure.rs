//! A figure is a number as people read it in sentences and tables, where the summary prints every digit.

/// A whole number with thousands apart: `162,299`.
pub fn count(count: u64) -> String {
    thousands(&count.to_string())
}

/// A finite number with three digits that count, thousands apart: `0.85`, `12.3`, `1,786`.
pub fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let (whole, rest) = (thousands(whole), rest.trim_end_matches('0'));
    let sign = if value < 0.0 && (whole != "0" || !rest.is_empty()) { "-" } else { "" };
    if rest.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{rest}") }
}

fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count_and_thousands_are_apart() {
        for (value, expected) in [
            (0.0, "0"),
            (-0.001, "0"),
            (-0.5, "-0.5"),
            (9.996, "10"),
            (99.96, "100"),
            (-1_234_567.0, "-1,234,567"),
        ] {
            assert_eq!(number(value), expected);
        }
        assert_eq!([0, 999, 1000, u64::MAX].map(count), ["0", "999", "1,000", "18,446,744,073,709,551,615"]);
    }
}
