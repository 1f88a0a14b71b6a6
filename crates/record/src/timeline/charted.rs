//! A charted series is one of the target's that people asked to see, by its name or by its name and labels.

use flashcrowd_text::nearest;

use super::line::TimelineLine;

/// Whether a series is meant by what was asked for: all series of a name, or one with its labels.
pub fn is_meant(series: &str, asked: &str) -> bool {
    series.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('{'))
}

/// The series that was probably meant, where none of these is what was asked for.
pub fn nearest_series<'a>(asked: &str, seen: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let has_labels = asked.contains('{');
    nearest(asked, seen.into_iter().map(|series| if has_labels { series } else { bare(series) }))
}

/// Whether a series only grows, so that how much it grows a second is what tells something: a name in `_total`, and the
/// count and the sum of a distribution. A name in `_count` alone may be a number of things.
pub fn only_grows<'a>(series: &str, mut seen: impl Iterator<Item = &'a str>) -> bool {
    let name = bare(series);
    let other = match name.strip_suffix("_count") {
        Some(family) => Some(format!("{family}_sum")),
        None => name.strip_suffix("_sum").map(|family| format!("{family}_count")),
    };
    name.ends_with("_total") || other.is_some_and(|other| seen.any(|series| bare(series) == other))
}

/// A series without its labels.
fn bare(series: &str) -> &str {
    series.split('{').next().unwrap_or(series)
}

impl TimelineLine {
    /// What the target said of a series that was asked for, by series.
    pub fn charted<'a>(&'a self, asked: &'a str) -> impl Iterator<Item = (&'a str, f64)> {
        let meant = self.target.iter().filter(move |(series, _)| is_meant(series, asked));
        meant.map(|(series, value)| (series.as_str(), *value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_means_all_its_series_and_labels_mean_one() {
        for (series, asked, expected) in [
            ("stock", "stock", true),
            ("stock{item=\"1\"}", "stock", true),
            ("stock{item=\"1\"}", "stock{item=\"1\"}", true),
            ("stock{item=\"12\"}", "stock{item=\"1\"}", false),
            ("stock_total", "stock", false),
            ("http://db:9187/metrics stock", "stock", false),
            ("http://db:9187/metrics stock", "http://db:9187/metrics stock", true),
        ] {
            assert_eq!(is_meant(series, asked), expected, "{series} {asked}");
        }
    }

    #[test]
    fn a_slip_is_answered_by_the_nearest_name_or_series() {
        let seen = ["inventory_stock_current{item=\"1\"}", "http_requests_in_flight"];
        assert_eq!(nearest_series("inventory_stok_curent", seen), Some("inventory_stock_current"));
        assert_eq!(nearest_series("inventory_stock_current{item=\"2\"}", seen), Some(seen[0]));
        assert_eq!(nearest_series("heap", seen), None);
    }

    #[test]
    fn counters_grow_and_numbers_of_things_do_not() {
        let seen =
            ["a_total", "lock_wait_seconds_count", "lock_wait_seconds_sum{lock=\"x\"}", "redis_keys_count"];
        for (series, expected) in [
            ("a_total{code=\"200\"}", true),
            ("lock_wait_seconds_count", true),
            ("lock_wait_seconds_sum{lock=\"x\"}", true),
            ("redis_keys_count{db=\"db0\"}", false),
            ("disk_sum", false),
            ("stock", false),
        ] {
            assert_eq!(only_grows(series, seen.into_iter()), expected, "{series}");
        }
    }
}
