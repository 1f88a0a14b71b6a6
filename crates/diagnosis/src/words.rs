//! Numbers as people say them.

use flashcrowd_text::{Lang, figure};

pub(crate) use flashcrowd_text::figure::number;

/// A time in milliseconds, in the unit that suits it.
pub(crate) fn time(lang: Lang, ms: f64) -> String {
    if ms.abs() < 9_999.5 { format!("{} ms", number(ms)) } else { figure::seconds(lang, ms / 1e3) }
}

/// Per cent, without the sign; what is not quite all, or not quite nothing, does not become it.
pub(crate) fn percent(percent: f64) -> String {
    match percent {
        little if little > 0.0 && little < 0.01 => format!("{little:.4}").trim_end_matches('0').to_owned(),
        most if most > 99.0 && most < 100.0 => {
            format!("{:.4}", (most * 1e4).floor() / 1e4).trim_end_matches('0').to_owned()
        }
        other => number(other),
    }
}

/// Bytes in decimal megabytes.
pub(crate) fn megabytes(bytes: f64) -> String {
    format!("{} MB", number(bytes / 1e6))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_as_people_say_them() {
        for (shown, expected) in [
            (number(0.0), "0"),
            (number(-0.001), "0"),
            (number(1.5), "1.5"),
            (number(12.0), "12"),
            (number(12.34), "12.3"),
            (number(99.96), "100"),
            (number(1_234.5), "1,234"),
            (number(-1_234_567.0), "-1,234,567"),
            (time(Lang::En, 0.25), "0.25 ms"),
            (time(Lang::En, 550.0), "550 ms"),
            (time(Lang::En, 11_594.0), "11.6 s"),
            (time(Lang::Ko, 11_594.0), "11.6초"),
            (percent(99.999), "99.999"),
            (percent(99.0), "99"),
            (percent(0.001_2), "0.0012"),
            (percent(100.0), "100"),
            (megabytes(15_300_000.0), "15.3 MB"),
        ] {
            assert_eq!(shown, expected);
        }
    }
}
