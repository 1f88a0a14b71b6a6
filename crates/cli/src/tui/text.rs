//! Texts of the full-screen view: figures as short as a table of a terminal needs them.

use flashcrowd_text::figure;

/// What there is none of.
pub(super) const NOTHING: &str = "–";

/// A time in milliseconds.
pub(super) fn time(ms: Option<f64>) -> String {
    match ms {
        None => NOTHING.to_owned(),
        Some(ms) if ms >= 10_000.0 => format!("{} s", figure::number(ms / 1000.0)),
        Some(ms) => format!("{} ms", figure::number(ms)),
    }
}

/// Minutes and seconds.
pub(super) fn clock(seconds: f64) -> String {
    let all = seconds.max(0.0) as u64;
    let (hours, minutes, seconds) = (all / 3600, all / 60 % 60, all % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A whole number that was counted.
pub(super) fn whole(count: f64) -> String {
    figure::count(count.max(0.0).round() as u64)
}

/// A number of failures, with its share of all.
pub(super) fn failures(failed: f64, all: f64) -> String {
    if failed > 0.0 && all > 0.0 {
        format!("{} ({})", whole(failed), figure::percent(failed / all))
    } else {
        whole(failed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_short() {
        assert_eq!(time(Some(12.345)), "12.3 ms");
        assert_eq!(time(Some(61_000.0)), "61 s");
        assert_eq!(time(None), "–");
        assert_eq!((clock(65.9).as_str(), clock(3_725.0).as_str()), ("1:05", "1:02:05"));
        assert_eq!(failures(25.0, 1000.0), "25 (2.5%)");
        assert_eq!(failures(0.0, 0.0), "0");
    }
}
