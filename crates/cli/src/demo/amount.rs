//! An amount is a number as people read it.

use flashcrowd_text::Lang;
pub use flashcrowd_text::figure::count;

/// From here on a time is told in seconds.
const SECOND_MS: f64 = 1000.0;

/// A time in the unit that suits it: `8.2 ms`, `130 ms`, `9.1 s`.
pub fn time(lang: Lang, ms: f64) -> String {
    if ms >= SECOND_MS {
        seconds(lang, ms / SECOND_MS)
    } else if ms >= 99.95 {
        format!("{ms:.0} ms")
    } else {
        format!("{ms:.1} ms")
    }
}

/// Seconds: `9.1 s`.
pub fn seconds(lang: Lang, seconds: f64) -> String {
    match lang {
        Lang::En => format!("{seconds:.1} s"),
        Lang::Ko => format!("{seconds:.1}초"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (number, text) in
            [(0, "0"), (100, "100"), (1000, "1,000"), (12_345, "12,345"), (1_000_000, "1,000,000")]
        {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn times_have_the_unit_that_suits_them() {
        for (ms, text) in
            [(0.0, "0.0 ms"), (8.23, "8.2 ms"), (99.96, "100 ms"), (812.4, "812 ms"), (9_110.0, "9.1 s")]
        {
            assert_eq!(time(Lang::En, ms), text);
        }
        assert_eq!(time(Lang::Ko, 9_110.0), "9.1초");
    }
}
