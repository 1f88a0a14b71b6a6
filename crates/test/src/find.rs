//! Find settings say what a search for the largest load looks for, as far as that was said.

use std::time::Duration;

use flashcrowd_record::Expected;

/// What a search looks for, as far as that was said.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FindSettings {
    /// What has to hold; what the test itself promises if there is nothing.
    pub promises: Vec<Expected>,
    /// The load is a rate of iterations, between these if they are given.
    pub rate: Option<Bounds>,
    /// The load is a number of virtual users, between these if they are given.
    pub users: Option<Bounds>,
    /// Half the width of the interval, relative to the load.
    pub precision: Option<f64>,
    /// How long the search may take.
    pub time: Option<Duration>,
    /// The load that has to hold at least.
    pub at_least: Option<f64>,
    /// The only scenario that is run.
    pub scenario: Option<String>,
}

/// Between which loads is looked.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bounds {
    /// The lightest.
    pub lowest: Option<f64>,
    /// The largest.
    pub highest: Option<f64>,
}

impl FindSettings {
    /// What is said here, and for the rest what is said there.
    pub fn or(self, other: Self) -> Self {
        let load_is_said = self.rate.is_some() || self.users.is_some();
        Self {
            promises: if self.promises.is_empty() { other.promises } else { self.promises },
            rate: self.rate.or(other.rate.filter(|_| !load_is_said)),
            users: self.users.or(other.users.filter(|_| !load_is_said)),
            precision: self.precision.or(other.precision),
            time: self.time.or(other.time),
            at_least: self.at_least.or(other.at_least),
            scenario: self.scenario.or(other.scenario),
        }
    }
}

impl Bounds {
    /// Reads `10..1000`, `..1000` or `10..`; the unit `/s` may stand behind either.
    pub fn parse(text: &str) -> Option<Self> {
        let (lowest, highest) = text.split_once("..")?;
        let end = |text: &str| {
            let text = text.trim().trim_end_matches("/s").trim().replace([',', '_'], "");
            if text.is_empty() {
                return Some(None);
            }
            text.parse::<f64>().ok().filter(|value| value.is_finite() && *value > 0.0).map(Some)
        };
        let bounds = Self { lowest: end(lowest)?, highest: end(highest)? };
        let ordered = bounds.lowest.zip(bounds.highest).is_none_or(|(lowest, highest)| lowest < highest);
        ordered.then_some(bounds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_are_two_numbers_either_of_which_may_be_left_out() {
        for (text, expected) in [
            ("10..1,000", Some((Some(10.0), Some(1000.0)))),
            ("0.5/s..200/s", Some((Some(0.5), Some(200.0)))),
            ("..50", Some((None, Some(50.0)))),
            ("50..", Some((Some(50.0), None))),
            ("..", Some((None, None))),
            ("50", None),
            ("9..3", None),
            ("0..3", None),
            ("a..b", None),
        ] {
            let read = Bounds::parse(text).map(|bounds| (bounds.lowest, bounds.highest));
            assert_eq!(read, expected, "{text}");
        }
    }

    #[test]
    fn what_is_said_first_wins_and_one_kind_of_load_rules_out_the_other() {
        let plan =
            FindSettings { rate: Some(Bounds::default()), at_least: Some(3.0), ..FindSettings::default() };
        let flags = FindSettings { users: Some(Bounds::default()), ..FindSettings::default() };
        let both = flags.or(plan);
        assert_eq!((both.rate, both.users.is_some(), both.at_least), (None, true, Some(3.0)));
    }
}
