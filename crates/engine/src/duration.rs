//! A duration as users write it: milliseconds as a number, or text such as `1m30s`, `500ms`, `1d2h`.

use std::time::Duration;

use serde_json::Value;

const UNITS: [(&str, f64); 9] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
];

/// The longest duration that is accepted: about 292 years, as in k6.
const MAX_NANOS: f64 = i64::MAX as f64;

/// Why a duration could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// It is not a duration.
    #[error(
        "{0} is not a duration: write milliseconds as a number, or text such as '1m30s', '500ms' or '1d'"
    )]
    Syntax(String),
    /// It is below zero.
    #[error("{0} can't be negative")]
    Negative(String),
    /// It is longer than a run can be.
    #[error("{0} is too long")]
    TooLong(String),
}

/// Reads a duration from a number of milliseconds or from text.
pub fn from_json(value: &Value) -> Result<Duration, DurationError> {
    match value {
        Value::Number(number) => from_nanos(number.as_f64().unwrap_or(f64::NAN) * 1e6, &number.to_string()),
        Value::String(text) => parse(text),
        other => Err(DurationError::Syntax(other.to_string())),
    }
}

/// Reads text such as `1m30s`; without a unit it is milliseconds.
pub fn parse(text: &str) -> Result<Duration, DurationError> {
    let shown = format!("'{text}'");
    let trimmed = text.trim();
    let (unsigned, sign) = match trimmed.as_bytes().first() {
        Some(b'-') => (&trimmed[1..], -1.0),
        Some(b'+') => (&trimmed[1..], 1.0),
        _ => (trimmed, 1.0),
    };
    let nanos = nanos(unsigned).ok_or_else(|| DurationError::Syntax(shown.clone()))?;
    from_nanos(sign * nanos, &shown)
}

/// Writes a duration as Go does: `1m30s`, `1.5s`, `500ms`, `0s`.
pub fn format(duration: Duration) -> String {
    let nanos = u64::from(duration.subsec_nanos());
    let seconds = duration.as_secs();
    if seconds == 0 {
        return match nanos {
            0 => "0s".to_owned(),
            1..1_000 => format!("{nanos}ns"),
            1_000..1_000_000 => format!("{}µs", with_fraction(nanos / 1_000, nanos % 1_000, 3)),
            _ => format!("{}ms", with_fraction(nanos / 1_000_000, nanos % 1_000_000, 6)),
        };
    }
    let rest = with_fraction(seconds % 60, nanos, 9);
    match (seconds / 3600, seconds / 60 % 60) {
        (0, 0) => format!("{rest}s"),
        (0, minutes) => format!("{minutes}m{rest}s"),
        (hours, minutes) => format!("{hours}h{minutes}m{rest}s"),
    }
}

fn with_fraction(whole: u64, part: u64, digits: usize) -> String {
    let text = format!("{whole}.{part:0digits$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn nanos(text: &str) -> Option<f64> {
    if let Some(milliseconds) = number(text) {
        return Some(milliseconds * 1e6);
    }
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (value, tail) = rest.split_at(digits);
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
        total += number(value)? * factor;
        rest = tail;
    }
    (!text.is_empty()).then_some(total)
}

fn number(text: &str) -> Option<f64> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if plain { text.parse().ok() } else { None }
}

fn from_nanos(nanos: f64, shown: &str) -> Result<Duration, DurationError> {
    match nanos {
        _ if nanos.is_nan() => Err(DurationError::Syntax(shown.to_owned())),
        _ if nanos < 0.0 => Err(DurationError::Negative(shown.to_owned())),
        _ if nanos > MAX_NANOS => Err(DurationError::TooLong(shown.to_owned())),
        _ => Ok(Duration::from_nanos(nanos.round() as u64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_go_reads_and_days() {
        for (text, milliseconds) in [
            ("0", 0),
            ("0s", 0),
            ("500", 500),
            ("500ms", 500),
            ("1.5s", 1500),
            (".5s", 500),
            ("1m30s", 90_000),
            ("2h", 7_200_000),
            ("1d2h", 93_600_000),
            ("+1s", 1000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        assert_eq!(from_json(&serde_json::json!(1500.5)), Ok(Duration::from_micros(1_500_500)));
        assert_eq!(parse("3us"), Ok(Duration::from_micros(3)));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, message) in [
            ("", "'' is not a duration"),
            ("abc", "'abc' is not a duration"),
            ("5 s", "is not a duration"),
            ("1s5", "is not a duration"),
            ("1x", "is not a duration"),
            ("-1s", "'-1s' can't be negative"),
            ("1000000d", "is too long"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        assert!(from_json(&serde_json::json!(-5)).is_err());
        assert!(from_json(&serde_json::json!([])).is_err());
    }

    #[test]
    fn writes_as_go_does_and_reads_it_again() {
        for (nanos, text) in [
            (0, "0s"),
            (7, "7ns"),
            (1_500, "1.5µs"),
            (500_000_000, "500ms"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (600_000_000_000, "10m0s"),
            (3_600_000_000_000, "1h0m0s"),
        ] {
            assert_eq!(format(Duration::from_nanos(nanos)), text);
            assert_eq!(parse(text), Ok(Duration::from_nanos(nanos)));
        }
    }
}
