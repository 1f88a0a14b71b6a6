//! A peak is the most that a table or an index on demand has served before: it serves twice that at once.
//!
//! DynamoDB recommends that traffic grows over 30 minutes before it doubles. So the units of a minute count as a peak 30
//! minutes after it is over: whoever doubles sooner is throttled by the partitions that are there.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::Instant;

use super::shortage::CapacityKind;
use super::units::Units;

/// What is summed up.
const MINUTE: Duration = Duration::from_secs(60);

/// When a minute counts as a peak.
const AFTER: Duration = Duration::from_secs(30 * 60);

/// The peaks of the reads and writes of a table or an index.
#[derive(Clone, Debug, Default)]
pub struct Peaks {
    /// When the minute began that is summed up.
    began: Option<Instant>,
    sums: [f64; 2],
    /// Minutes that do not count yet: when they were over, and units a second of reads and of writes.
    waiting: VecDeque<(Instant, [f64; 2])>,
    /// Units a second of the highest ones that count.
    highest: [f64; 2],
}

impl Peaks {
    /// Adds what a request has cost; twice the peak, if that is higher than it was.
    pub fn add(&mut self, kind: CapacityKind, units: f64, now: Instant) -> Option<Units> {
        let grown = self.pass(now);
        self.sums[usize::from(kind == CapacityKind::Write)] += units;
        grown
    }

    /// Twice the peak, in units a second.
    pub fn doubled(&self) -> Units {
        let [read, write] = self.highest.map(|highest| (2.0 * highest).ceil() as u64);
        Units { read, write }
    }

    fn pass(&mut self, now: Instant) -> Option<Units> {
        let began = *self.began.get_or_insert(now);
        if now.saturating_duration_since(began) >= MINUTE {
            let seconds = MINUTE.as_secs_f64();
            self.waiting.push_back((began + MINUTE, self.sums.map(|sum| sum / seconds)));
            (self.began, self.sums) = (Some(now), [0.0; 2]);
        }
        let before = self.doubled();
        while self.waiting.front().is_some_and(|(over, _)| *over + AFTER <= now) {
            let Some((_, rates)) = self.waiting.pop_front() else { break };
            for (highest, rate) in self.highest.iter_mut().zip(rates) {
                *highest = highest.max(rate);
            }
        }
        let after = self.doubled();
        (after != before).then_some(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twice_the_peak_is_served_half_an_hour_later() {
        let start = Instant::now();
        let mut peaks = Peaks::default();
        let mut grown = Vec::new();
        for second in 0..40 * 60_u64 {
            let now = start + Duration::from_secs(second);
            let units = if second < 60 { 3_900.0 } else { 500.0 };
            grown.extend(peaks.add(CapacityKind::Write, units, now).map(|units| (second, units.write)));
        }
        assert_eq!(grown, [(31 * 60, 7_800)]);
        assert_eq!(peaks.doubled(), Units { read: 0, write: 7_800 });
        assert!(peaks.waiting.len() <= 31);
    }
}
