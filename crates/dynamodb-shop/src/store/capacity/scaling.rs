//! Auto scaling follows what is consumed, as Application Auto Scaling does it for DynamoDB: minutes behind.
//!
//! What is consumed is known by the minute. Above the target in two minutes in a row, the table gets what would have met it;
//! well below it in fifteen, too. Either takes effect after another minute, in which the alarm goes off and the table is updated.

use std::str::FromStr;
use std::time::Duration;

use tokio::time::Instant;

/// What is looked at.
const MINUTE: Duration = Duration::from_secs(60);

/// From an alarm to its effect.
const DELAY: Duration = Duration::from_secs(60);

/// Minutes above the target after which more is provisioned.
const ABOVE: usize = 2;

/// Minutes well below it after which less is.
const BELOW: usize = 15;

/// How far below the target is well below it, as a share of what is provisioned: the alarms of AWS for 5 units and 70 % go
/// off at 210 and at 150 units a minute.
const WELL_BELOW: f64 = 0.2;

/// How far the reads or writes of tables and indexes are scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AutoScaling {
    /// Units a second that are provisioned at least.
    pub least: u64,
    /// At most.
    pub most: u64,
    /// How much of what is provisioned is to be consumed, above 0 and up to 1.
    pub target: f64,
}

/// The target if none is said: 70 %, as the console of AWS suggests.
const TARGET: f64 = 0.7;

impl FromStr for AutoScaling {
    type Err = String;

    /// Reads `10..1000`, or with a target `10..1000@50%`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "'{text}' is no range of units: write LEAST..MOST or LEAST..MOST@TARGET%, such as 10..1000@70%"
            )
        };
        let (range, target) = match text.split_once('@') {
            None => (text, TARGET),
            Some((range, target)) => {
                let percent: f64 =
                    target.strip_suffix('%').and_then(|text| text.parse().ok()).ok_or_else(wrong)?;
                (range, percent / 100.0)
            }
        };
        let (least, most) = range.split_once("..").ok_or_else(wrong)?;
        let number = |text: &str| text.trim().parse::<u64>().map_err(|_| wrong());
        let (least, most) = (number(least)?, number(most)?);
        if !(1..=most).contains(&least) || !(0.2..=0.9).contains(&target) {
            return Err(format!("{}; the target is from 20% to 90%, as with AWS", wrong()));
        }
        Ok(Self { least, most, target })
    }
}

/// Scales the reads or the writes of one table or index.
#[derive(Clone, Debug, Default)]
pub struct Scaler {
    began: Option<Instant>,
    sum: f64,
    /// Units a second of the last minutes, the newest last.
    minutes: Vec<f64>,
    due: Option<(Instant, u64)>,
}

impl Scaler {
    /// Adds what was consumed.
    pub fn add(&mut self, units: f64) {
        self.sum += units;
    }

    /// Lets time pass while so much is provisioned; what is provisioned from now on, if that changes.
    pub fn pass(&mut self, scaling: &AutoScaling, provisioned: u64, now: Instant) -> Option<u64> {
        let mut began = *self.began.get_or_insert(now);
        let mut changed = None;
        while began + MINUTE <= now {
            began += MINUTE;
            self.minutes.push(std::mem::take(&mut self.sum) / MINUTE.as_secs_f64());
            if self.minutes.len() > BELOW {
                self.minutes.remove(0);
            }
            changed = self.take_due(began).or(changed);
            if self.due.is_none() {
                self.due =
                    self.wanted(scaling, changed.unwrap_or(provisioned)).map(|units| (began + DELAY, units));
            }
        }
        self.began = Some(began);
        self.take_due(now).or(changed)
    }

    fn take_due(&mut self, now: Instant) -> Option<u64> {
        let (_, units) = self.due.take_if(|(at, _)| *at <= now)?;
        self.minutes.clear();
        Some(units)
    }

    fn wanted(&self, scaling: &AutoScaling, provisioned: u64) -> Option<u64> {
        let at = |share: f64| provisioned as f64 * share;
        let (target, low) = (at(scaling.target), at((scaling.target - WELL_BELOW).max(0.0)));
        let last = |count: usize| self.minutes.len().checked_sub(count).map(|from| &self.minutes[from..]);
        let is_above = last(ABOVE).is_some_and(|minutes| minutes.iter().all(|rate| *rate > target));
        let is_below = last(BELOW).is_some_and(|minutes| minutes.iter().all(|rate| *rate < low));
        let most = match (is_above, is_below) {
            (true, _) => last(ABOVE)?,
            (_, true) => last(BELOW)?,
            _ => return None,
        };
        let most = most.iter().copied().fold(0.0, f64::max);
        let units = ((most / scaling.target).ceil() as u64).clamp(scaling.least, scaling.most);
        (units != provisioned).then_some(units)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCALING: AutoScaling = AutoScaling { least: 10, most: 1_000, target: 0.7 };

    /// When what is provisioned changes, by seconds, while so much is asked for, of which no more than that is served.
    fn changes(minutes: u64, asked: impl Fn(u64) -> f64) -> Vec<(u64, u64)> {
        let start = Instant::now();
        let (mut scaler, mut provisioned, mut changes) = (Scaler::default(), 100, Vec::new());
        for second in 0..minutes * 60 {
            let now = start + Duration::from_secs(second);
            if let Some(units) = scaler.pass(&SCALING, provisioned, now) {
                provisioned = units;
                changes.push((second, units));
            }
            scaler.add(asked(second).min(provisioned as f64));
        }
        changes
    }

    #[test]
    fn it_follows_a_surge_three_minutes_late_and_step_by_step() {
        // A table that is throttled consumes what it has: it grows by 1 / 0.7 at a time.
        let changes = changes(20, |_| 400.0);
        assert_eq!(changes[..3], [(180, 143), (360, 205), (540, 293)]);
        assert_eq!(changes.last(), Some(&(900, 572)));
    }

    #[test]
    fn it_goes_down_after_a_quarter_of_an_hour_and_not_below_the_least() {
        assert_eq!(changes(40, |_| 35.0), [(960, 50)]);
        assert_eq!(changes(40, |_| 0.0), [(960, 10)]);
        assert!(changes(40, |_| 70.0).is_empty());
        assert!(changes(40, |_| 52.0).is_empty());
    }

    #[test]
    fn a_range_may_have_a_target() {
        assert_eq!("10..1000".parse(), Ok(SCALING));
        assert_eq!("5..40@50%".parse(), Ok(AutoScaling { least: 5, most: 40, target: 0.5 }));
        for text in ["", "10", "10..", "0..5", "9..5", "1..5@", "1..5@70", "1..5@95%", "1..5@NaN%"] {
            assert!(text.parse::<AutoScaling>().unwrap_err().contains("10..1000@70%"), "{text}");
        }
    }

    #[test]
    fn one_busy_minute_changes_nothing() {
        assert!(changes(14, |second| if (60..120).contains(&second) { 400.0 } else { 50.0 }).is_empty());
    }

    #[test]
    fn it_is_the_same_when_nobody_asks_in_between() {
        let start = Instant::now();
        let mut scaler = Scaler::default();
        assert_eq!(scaler.pass(&SCALING, 100, start), None);
        assert_eq!(scaler.pass(&SCALING, 100, start + Duration::from_secs(3_600)), Some(10));
    }
}
