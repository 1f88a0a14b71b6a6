//! A rate is how many tasks start in how much time: `200/s`, `30/m`.

use std::time::Duration;

use flashcrowd_engine::rate;

/// How many tasks are due in a unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rate {
    /// How many.
    pub(crate) count: f64,
    /// In how much time.
    pub(crate) unit: Duration,
}

impl Rate {
    /// Reads a rate.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("--rate: {text:?} is no rate: write one such as 200/s, 30/m or 1000/h");
        let (count, unit) = rate::parse(text).ok_or_else(wrong)?;
        let fits = count > 0.0 && count <= 1e6;
        fits.then_some(Self { count, unit }).ok_or_else(wrong)
    }

    /// When the task of this number, from zero, is due.
    pub(crate) fn due(&self, number: u64) -> Duration {
        self.unit.mul_f64(number as f64 / self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_read_and_are_exact_over_hours() {
        assert_eq!(Rate::parse("200/s").unwrap().due(720_000), Duration::from_secs(3600));
        assert_eq!(Rate::parse("30/m").unwrap().due(1), Duration::from_secs(2));
        assert_eq!(Rate::parse("5").unwrap().due(1), Duration::from_millis(200));
        for wrong in ["", "many/s", "5/day", "0/s", "-1/s", "inf/s", "nan"] {
            assert!(Rate::parse(wrong).is_err(), "{wrong}");
        }
    }
}
