//! Formats are how numbers become text: durations, bytes, shares and counts, to the digit as k6 prints them.

use crate::time_unit::TimeUnit;

const BYTE_UNITS: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];

/// A plain number: at most six decimals, without trailing zeros.
pub fn number(value: f64) -> String {
    without_trailing_zeros(to_fixed(value, 6))
}

/// A time given in milliseconds, cut (not rounded) to two decimals of the largest unit that it fills; from a
/// minute on in hours, minutes and whole seconds. With a unit: rounded to two decimals of that unit.
pub fn duration(ms: f64, unit: Option<TimeUnit>) -> String {
    match unit {
        Some(TimeUnit::S) => format!("{}s", to_fixed(ms * 0.001, 2)),
        Some(TimeUnit::Ms) => format!("{}ms", to_fixed(ms, 2)),
        Some(TimeUnit::Us) => format!("{}µs", to_fixed(ms * 1000.0, 2)),
        None if ms < 0.0 => format!("-{}", fitting_duration(-ms)),
        None => fitting_duration(ms),
    }
}

/// A share from 0 to 1 in per cent, cut (not rounded) to two decimals.
pub fn percent(share: f64) -> String {
    format!("{}%", to_fixed((share * 100.0 * 100.0).trunc() / 100.0, 2))
}

/// A number of bytes in decimal units: one decimal below ten of a unit, none above. It is rounded once: k6 rounds to one
/// decimal first, and shows 758,460 bytes as 759 kB.
pub fn bytes(count: f64) -> String {
    if count < 0.0 {
        return format!("-{}", bytes(-count));
    }
    if count < 10.0 || !count.is_finite() {
        return format!("{count} B");
    }
    let (mut scaled, mut unit) = (count, 0);
    while scaled >= 1000.0 && unit + 1 < BYTE_UNITS.len() {
        (scaled, unit) = (scaled / 1000.0, unit + 1);
    }
    let rounded = (scaled * 10.0 + 0.5).floor() / 10.0;
    let figure = if rounded < 10.0 { to_fixed(rounded, 1) } else { to_fixed(scaled, 0) };
    format!("{figure} {}", BYTE_UNITS[unit])
}

fn fitting_duration(ms: f64) -> String {
    const MINUTE: f64 = 60_000.0;
    if ms == 0.0 {
        return "0s".to_owned();
    }
    if ms < 0.001 {
        return format!("{}ns", (ms * 1_000_000.0).trunc());
    }
    if ms < 1.0 {
        return format!("{}µs", cut(ms * 1000.0, 2));
    }
    if ms < 1000.0 {
        return format!("{}ms", cut(ms, 2));
    }
    let seconds = format!("{}s", cut(ms % MINUTE / 1000.0, if ms > MINUTE { 0 } else { 2 }));
    let minutes = (ms / MINUTE).trunc();
    let hours = (minutes / 60.0).trunc();
    match (hours >= 1.0, minutes >= 1.0) {
        (true, _) => format!("{hours}h{}m{seconds}", minutes % 60.0),
        (false, true) => format!("{minutes}m{seconds}"),
        (false, false) => seconds,
    }
}

/// Cuts to some decimals and drops trailing zeros. Correctness: the product is a binary fraction, so that 4.31
/// becomes 4.3, and so it does in k6; people compare the two tools' summaries.
fn cut(value: f64, decimals: usize) -> String {
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or_default());
    without_trailing_zeros(to_fixed((value * scale).trunc() / scale, decimals))
}

/// A fixed number of decimals; a value halfway between two goes away from zero, as in JavaScript.
fn to_fixed(value: f64, decimals: usize) -> String {
    /// Enough decimals to tell a tie from a value next to it.
    const MORE: usize = 40;
    let exact = format!("{value:.*}", decimals + MORE);
    let tie = exact.strip_suffix(&"0".repeat(MORE - 1)).is_some_and(|kept| kept.ends_with('5'));
    let away = if value < 0.0 { value.next_down() } else { value.next_up() };
    let text = format!("{:.decimals$}", if tie { away } else { value });
    match text.strip_prefix('-') {
        Some(digits) if digits.bytes().all(|b| matches!(b, b'0' | b'.')) => digits.to_owned(),
        _ => text,
    }
}

fn without_trailing_zeros(text: String) -> String {
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_cut_to_two_decimals_of_the_unit_they_fill() {
        for (ms, expected) in [
            (0.0, "0s"),
            (0.000_000_4, "0ns"),
            (0.000_5, "500ns"),
            (0.000_999_9, "999ns"),
            (0.001, "1µs"),
            (0.010_79, "10.79µs"),
            (0.004, "4µs"),
            (0.259, "259µs"),
            (0.999_999, "999.99µs"),
            (1.0, "1ms"),
            (8.079_9, "8.07ms"),
            (11.444, "11.44ms"),
            (460.2, "460.2ms"),
            (720.988, "720.98ms"),
            (999.999, "999.99ms"),
            (1000.0, "1s"),
            (1010.3, "1.01s"),
            (11_594.9, "11.59s"),
            (21_060.4, "21.06s"),
            (59_999.9, "59.99s"),
            (60_000.0, "1m0s"),
            (60_999.0, "1m0s"),
            (61_500.0, "1m1s"),
            (3_599_999.0, "59m59s"),
            (3_600_000.0, "1h0m0s"),
            (90_061_000.0, "25h1m1s"),
            (-1.5, "-1.5ms"),
        ] {
            assert_eq!(duration(ms, None), expected, "{ms}");
        }
    }

    #[test]
    fn with_a_unit_durations_are_rounded() {
        for (ms, unit, expected) in [
            (11_594.9, TimeUnit::S, "11.59s"),
            (11_595.1, TimeUnit::S, "11.60s"),
            (0.0, TimeUnit::S, "0.00s"),
            (155.916, TimeUnit::Ms, "155.92ms"),
            (0.125, TimeUnit::Ms, "0.13ms"),
            (0.021_9, TimeUnit::Us, "21.90µs"),
        ] {
            assert_eq!(duration(ms, Some(unit)), expected, "{ms}");
        }
    }

    #[test]
    fn bytes_are_in_decimal_units() {
        for (count, expected) in [
            (0.0, "0 B"),
            (9.0, "9 B"),
            (9.5, "9.5 B"),
            (10.0, "10 B"),
            (857.0, "857 B"),
            (999.0, "999 B"),
            (1000.0, "1.0 kB"),
            (1049.0, "1.0 kB"),
            (1050.0, "1.1 kB"),
            (9_949.0, "9.9 kB"),
            (9_951.0, "10 kB"),
            (38_300.0, "38 kB"),
            (138_400.0, "138 kB"),
            (758_460.0, "758 kB"),
            (758_500.0, "759 kB"),
            (9_234_567.0, "9.2 MB"),
            (13_000_000.0, "13 MB"),
            (1e9, "1.0 GB"),
            (1e28, "10000 YB"),
            (-2048.0, "-2.0 kB"),
        ] {
            assert_eq!(bytes(count), expected, "{count}");
        }
    }

    #[test]
    fn shares_are_cut_and_counts_are_plain() {
        for (share, expected) in [
            (0.0, "0.00%"),
            (1.0, "100.00%"),
            (0.5, "50.00%"),
            (0.999_999, "99.99%"),
            (21.0 / 444.0, "4.72%"),
            (2.0 / 3.0, "66.66%"),
        ] {
            assert_eq!(percent(share), expected, "{share}");
        }
        for (plain, expected) in [
            (0.0, "0"),
            (17_639.0, "17639"),
            (173.515_256, "173.515256"),
            (1_842.065_849_3, "1842.065849"),
            (2_931.563_96, "2931.56396"),
            (0.000_000_4, "0"),
            (-0.000_000_1, "0"),
            (1.0 / 128.0, "0.007813"),
            (-2.5, "-2.5"),
            (1e15, "1000000000000000"),
        ] {
            assert_eq!(number(plain), expected, "{plain}");
        }
    }
}
