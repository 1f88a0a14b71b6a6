//! A figure is a number as people read it in sentences and tables: three significant digits, thousands apart, a unit.

use crate::{Lang, format, messages};

/// What stands where there is no number.
pub const NOTHING: &str = "–";

messages! {
    fn many_users(count: String) { en: "{count} users", ko: "{count}명" }
    fn one_user() { en: "1 user", ko: "1명" }
    fn iterations_a_second(count: String) { en: "{count} iterations/s", ko: "초당 {count}회" }
    fn many_cores(count: String) { en: "{count} cores", ko: "{count}코어" }
    fn one_core() { en: "1 core", ko: "1코어" }
    fn hours(hours: u64, minutes: u64) { en: "{hours} h {minutes} min", ko: "{hours}시간 {minutes}분" }
    fn minutes(minutes: u64, seconds: u64) { en: "{minutes} min {seconds} s", ko: "{minutes}분 {seconds}초" }
    fn whole_minutes(minutes: u64) { en: "{minutes} min", ko: "{minutes}분" }
    fn so_many_seconds(seconds: String) { en: "{seconds} s", ko: "{seconds}초" }
}

/// A time given in milliseconds: `6.54 µs`, `12.3 ms`, `1.25 s`.
pub fn duration(lang: Lang, ms: f64) -> String {
    if !ms.is_finite() {
        return NOTHING.to_owned();
    }
    let size = ms.abs();
    if size == 0.0 {
        "0 ms".to_owned()
    } else if size < 0.999_5 {
        format!("{} µs", number(ms * 1000.0))
    } else if size < 999.5 {
        format!("{} ms", number(ms))
    } else {
        seconds(lang, ms / 1000.0)
    }
}

/// A time given in seconds: `12.1 s`.
pub fn seconds(lang: Lang, secs: f64) -> String {
    so_many_seconds(lang, number(secs))
}

/// A time given in milliseconds, in short for charts and sentences: `8.2 ms`, `130 ms`, `9.1 s`.
pub fn short_duration(lang: Lang, ms: f64) -> String {
    if ms >= 1000.0 {
        tenths(lang, ms / 1000.0)
    } else if ms >= 99.95 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Seconds with one decimal: `9.1 s`.
pub fn tenths(lang: Lang, secs: f64) -> String {
    so_many_seconds(lang, format!("{secs:.1}"))
}

/// How long something lasted, given in seconds: `4 min 20 s`.
pub fn length(lang: Lang, secs: f64) -> String {
    let whole = secs.max(0.0).round() as u64;
    match (whole / 3600, whole / 60 % 60, whole % 60) {
        (0, 0, _) => seconds(lang, secs.max(0.0)),
        (0, m, 0) => whole_minutes(lang, m),
        (0, m, s) => minutes(lang, m, s),
        (h, m, _) => hours(lang, h, m),
    }
}

/// A whole number with thousands apart: `162,299`.
pub fn count(count: u64) -> String {
    thousands(&count.to_string())
}

/// A number with three significant digits, thousands apart: `0.85`, `12.3`, `1,786`.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return NOTHING.to_owned();
    }
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

/// The digits of a whole number in groups of three.
pub fn thousands(digits: &str) -> String {
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1 in per cent. What is not nothing is never shown as `0%`, what is not all never as `100%`.
pub fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if !percent.is_finite() {
        NOTHING.to_owned()
    } else if percent > 0.0 && percent < 0.005 {
        "<0.01%".to_owned()
    } else if (99.995..100.0).contains(&percent) {
        ">99.99%".to_owned()
    } else {
        // Near to all, what is missing is what counts.
        let decimals = if percent < 9.995 || (90.0..100.0).contains(&percent) { 2 } else { 1 };
        let text = format!("{percent:.decimals$}");
        format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// Processors in use: `1.52 cores`.
pub fn cores(lang: Lang, cores: f64) -> String {
    let count = number(cores);
    if count == "1" { one_core(lang) } else { many_cores(lang, count) }
}

/// Processors in use in per cent of one.
pub fn cpu(cores: f64) -> String {
    format!("{}%", number(cores * 100.0))
}

/// A difference relative to what was before: 0.1 is `+10%`.
pub fn difference(relative: f64) -> String {
    if !relative.is_finite() {
        return NOTHING.to_owned();
    }
    let percent = relative * 100.0;
    let sign = if percent > 0.0 { "+" } else { "" };
    format!("{sign}{}%", number(percent))
}

/// So many a second: `398/s`.
pub fn rate(per_second: f64) -> String {
    format!("{}/s", number(per_second))
}

/// A number of bytes: `16 MB`.
pub fn bytes(bytes: f64) -> String {
    format::bytes(bytes.round())
}

/// So many virtual users.
pub fn users(lang: Lang, users: f64) -> String {
    if users.round() == 1.0 { one_user(lang) } else { many_users(lang, number(users.round())) }
}

/// A load: users, or iterations a second.
pub fn load(lang: Lang, load: f64, is_users: bool) -> String {
    if is_users { users(lang, load) } else { iterations_a_second(lang, number(load)) }
}

/// A value in the unit that judgements and comparisons give it.
pub fn value(lang: Lang, value: f64, unit: &str) -> String {
    match unit {
        "ms" => duration(lang, value),
        "s" if value == 0.0 => seconds(lang, value),
        "s" => duration(lang, value * 1000.0),
        "%" => percent(value / 100.0),
        "/s" => rate(value),
        "B" => bytes(value),
        "B/s" => format!("{}/s", bytes(value)),
        "cores" => cores(lang, value),
        "users" => users(lang, value),
        "iterations/s" => load(lang, value, false),
        "" => number(value),
        _ => format!("{} {unit}", number(value)),
    }
}

/// The day and minute of a time in RFC 3339: `2026-11-20 10:00 UTC`.
pub fn date(rfc3339: &str) -> String {
    match (rfc3339.get(..10), rfc3339.get(11..16)) {
        (Some(day), Some(minute)) if rfc3339.ends_with('Z') => format!("{day} {minute} UTC"),
        _ => rfc3339.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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

    #[test]
    fn times_have_the_unit_that_suits_them() {
        for (ms, text) in [
            (0.0, "0 ms"),
            (0.006_54, "6.54 µs"),
            (0.999_7, "1 ms"),
            (12.34, "12.3 ms"),
            (99.96, "100 ms"),
            (905.761, "906 ms"),
            (999.7, "1 s"),
            (1250.0, "1.25 s"),
            (11_594.0, "11.6 s"),
            (75_000.0, "75 s"),
            (f64::NAN, "–"),
        ] {
            assert_eq!(duration(Lang::En, ms), text, "{ms}");
        }
        assert_eq!([905.761, 26_800.0].map(|ms| duration(Lang::Ko, ms)), ["906 ms", "26.8초"]);
    }

    #[test]
    fn short_times_have_the_unit_that_suits_them() {
        for (ms, text) in
            [(0.0, "0.0 ms"), (8.23, "8.2 ms"), (99.96, "100 ms"), (812.4, "812 ms"), (9_110.0, "9.1 s")]
        {
            assert_eq!(short_duration(Lang::En, ms), text);
        }
        assert_eq!(short_duration(Lang::Ko, 9_110.0), "9.1초");
    }

    #[test]
    fn lengths_are_in_the_words_of_the_language() {
        for (secs, en, ko) in [
            (9.5, "9.5 s", "9.5초"),
            (60.0, "1 min", "1분"),
            (260.2, "4 min 20 s", "4분 20초"),
            (3_720.0, "1 h 2 min", "1시간 2분"),
        ] {
            assert_eq!((length(Lang::En, secs), length(Lang::Ko, secs)), (en.to_owned(), ko.to_owned()));
        }
    }

    #[test]
    fn shares_are_never_rounded_to_all_or_nothing() {
        for (share, text) in [
            (0.0, "0%"),
            (0.000_01, "<0.01%"),
            (0.005_9, "0.59%"),
            (0.5, "50%"),
            (0.123_4, "12.3%"),
            (0.979_6, "97.96%"),
            (0.999_99, ">99.99%"),
            (1.0, "100%"),
            (1.5, "150%"),
        ] {
            assert_eq!(percent(share), text);
        }
    }

    #[test]
    fn values_follow_their_unit() {
        for (amount, unit, en, ko) in [
            (906.0, "ms", "906 ms", "906 ms"),
            (4.0, "s", "4 s", "4초"),
            (0.0, "s", "0 s", "0초"),
            (0.59, "%", "0.59%", "0.59%"),
            (1786.2, "/s", "1,786/s", "1,786/s"),
            (1.0, "users", "1 user", "1명"),
            (3500.0, "users", "3,500 users", "3,500명"),
            (-0.001, "", "0", "0"),
            (2.5, "MB/h", "2.5 MB/h", "2.5 MB/h"),
            (196e3, "B/s", "196 kB/s", "196 kB/s"),
            (1.524, "cores", "1.52 cores", "1.52코어"),
            (1.001, "cores", "1 core", "1코어"),
        ] {
            let texts = (value(Lang::En, amount, unit), value(Lang::Ko, amount, unit));
            assert_eq!(texts, (en.to_owned(), ko.to_owned()));
        }
        assert_eq!((difference(0.1), difference(-0.123_4)), ("+10%".to_owned(), "-12.3%".to_owned()));
        assert_eq!(date("2026-11-20T10:00:00Z"), "2026-11-20 10:00 UTC");
        assert_eq!(date("soon"), "soon");
    }

    proptest! {
        #[test]
        fn numbers_keep_three_digits(value in -1e9..1e9_f64) {
            let back: f64 = number(value).replace(',', "").parse().unwrap();
            prop_assert!((back - value).abs() <= (value.abs() * 0.005_1).max(0.005_1));
        }
    }
}
