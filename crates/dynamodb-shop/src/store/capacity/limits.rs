//! Limits are how often DynamoDB lets a table's throughput be decreased and its billing mode be switched.

use time::OffsetDateTime;
use time::macros::format_description;

const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// Decreases that a day may start with, in one hour.
const FIRST_DECREASES: u64 = 4;

/// Decreases a day at most.
const DECREASES: u64 = 27;

/// Switches to on-demand in any 24 hours at most.
const SWITCHES: usize = 4;

/// The decreases of a table or an index. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decreases {
    today: u64,
    first: f64,
    last: Option<f64>,
}

/// The switches of a table to on-demand. Times are seconds since 1970.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Switches {
    times: Vec<f64>,
}

impl Decreases {
    /// How many there were on the day, by UTC, of `now`.
    pub fn today(&self, now: f64) -> u64 {
        if self.last.is_some_and(|last| day(last) == day(now)) { self.today } else { 0 }
    }

    /// When the last one was.
    pub fn last(&self) -> Option<f64> {
        self.last
    }

    /// Whether there may be one now; why not, else.
    pub fn check(&self, now: f64) -> Result<(), String> {
        let today = self.today(now);
        let last = self.last.unwrap_or_default();
        let within_first = today < FIRST_DECREASES && now - self.first < HOUR;
        let hourly = now - last >= HOUR && today < DECREASES;
        if today == 0 || within_first || hourly {
            return Ok(());
        }
        let midnight = (day(now) + 1.0) * DAY;
        let next = if today < DECREASES { (last + HOUR).min(midnight) } else { midnight };
        Err(format!(
            "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the \
             first {FIRST_DECREASES} decreases, each subsequent decrease in the same UTC day can be performed at most \
             once every 3600 seconds, {DECREASES} a day. Number of decreases today: {today}. Last decrease at {}. Next \
             decrease can be made at {}",
            date(last),
            date(next)
        ))
    }

    /// Counts one.
    pub fn count(&mut self, now: f64) {
        let today = self.today(now);
        if today == 0 {
            self.first = now;
        }
        self.today = today + 1;
        self.last = Some(now);
    }
}

impl Switches {
    /// When the last one was.
    pub fn last(&self) -> Option<f64> {
        self.times.last().copied()
    }

    /// Whether there may be one now; why not, else.
    pub fn check(&self, now: f64) -> Result<(), String> {
        let recent: Vec<f64> = self.times.iter().copied().filter(|time| now - time < DAY).collect();
        let (Some(oldest), Some(last)) = (recent.first(), recent.last()) else { return Ok(()) };
        if recent.len() < SWITCHES {
            return Ok(());
        }
        Err(format!(
            "Subscriber limit exceeded: Update to PayPerRequest mode are limited to {SWITCHES} times in 1 day(s). Last \
             update at {}. Next update can be made at {}",
            date(*last),
            date(oldest + DAY)
        ))
    }

    /// Counts one.
    pub fn count(&mut self, now: f64) {
        self.times.retain(|time| now - time < DAY);
        self.times.push(now);
    }
}

fn day(time: f64) -> f64 {
    (time / DAY).floor()
}

fn date(time: f64) -> String {
    let format = format_description!(
        "[weekday], [month repr:long] [day padding:none], [year] [hour repr:12 padding:none]:[minute]:[second] [period] UTC"
    );
    let date = OffsetDateTime::from_unix_timestamp(time as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    date.format(format).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20 00:00 UTC.
    const MIDNIGHT: f64 = 1_795_132_800.0;

    #[test]
    fn four_decreases_in_the_first_hour_then_one_an_hour_and_27_a_day() {
        let mut decreases = Decreases::default();
        let mut allowed = 0;
        for minute in 0..24 * 60 {
            let now = MIDNIGHT + f64::from(minute) * 60.0;
            while decreases.check(now).is_ok() {
                decreases.count(now);
                allowed += 1;
            }
            if minute == 0 {
                assert_eq!(allowed, 4);
            }
        }
        assert_eq!((allowed, decreases.today(MIDNIGHT + DAY - 1.0)), (27, 27));
        assert_eq!(decreases.today(MIDNIGHT + DAY), 0);
        assert_eq!(decreases.check(MIDNIGHT + DAY), Ok(()));
    }

    #[test]
    fn who_decreases_seldom_is_let_do_so() {
        let mut decreases = Decreases::default();
        for hours in [0.0, 0.5, 1.5, 2.5] {
            let now = MIDNIGHT + hours * HOUR;
            assert_eq!(decreases.check(now), Ok(()), "{hours}");
            decreases.count(now);
        }
        assert!(decreases.check(MIDNIGHT + 3.0 * HOUR).is_err());
    }

    #[test]
    fn refusals_say_when_to_come_again() {
        let mut decreases = Decreases::default();
        (0..4).for_each(|_| decreases.count(MIDNIGHT + 61.0));
        insta::assert_snapshot!(
            decreases.check(MIDNIGHT + 100.0).unwrap_err(),
            @r##"Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. After the first 4 decreases, each subsequent decrease in the same UTC day can be performed at most once every 3600 seconds, 27 a day. Number of decreases today: 4. Last decrease at Friday, November 20, 2026 12:01:01 AM UTC. Next decrease can be made at Friday, November 20, 2026 1:01:01 AM UTC"##
        );
        let mut switches = Switches::default();
        (0..4).for_each(|hour| switches.count(MIDNIGHT + f64::from(hour) * HOUR));
        insta::assert_snapshot!(
            switches.check(MIDNIGHT + 14.0 * HOUR).unwrap_err(),
            @r##"Subscriber limit exceeded: Update to PayPerRequest mode are limited to 4 times in 1 day(s). Last update at Friday, November 20, 2026 3:00:00 AM UTC. Next update can be made at Saturday, November 21, 2026 12:00:00 AM UTC"##
        );
        assert_eq!(switches.check(MIDNIGHT + DAY), Ok(()));
    }
}
