//! An entry is what is counted of one method and name.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

/// How many seconds of counts are kept: more than any rate of the last seconds looks back.
const SECONDS: usize = 32;

/// What is counted of one method and name, or of all requests. Times are milliseconds, moments seconds since the epoch.
#[derive(Clone, Debug, Default)]
pub(crate) struct Entry {
    pub(crate) requests: u64,
    /// Requests without a response time.
    pub(crate) untimed: u64,
    pub(crate) failures: u64,
    pub(crate) total_time: f64,
    pub(crate) min: Option<f64>,
    pub(crate) max: f64,
    pub(crate) length: u64,
    /// How many requests took how long, to three digits.
    times: BTreeMap<u32, u64>,
    /// Requests and failures of the last seconds.
    seconds: VecDeque<(i64, u32, u32)>,
    pub(crate) start: f64,
    pub(crate) last: Option<f64>,
}

impl Entry {
    /// Nothing yet, from this moment on.
    pub(crate) fn new(now: f64) -> Self {
        Self { start: now, ..Self::default() }
    }

    /// Counts a request.
    pub(crate) fn add(&mut self, now: f64, time: Option<f64>, length: u64) {
        self.requests += 1;
        self.length += length;
        self.last = Some(now);
        self.second(now).1 += 1;
        match time {
            None => self.untimed += 1,
            Some(time) => {
                let time = time.max(0.0);
                self.total_time += time;
                self.min = Some(self.min.map_or(time, |min| min.min(time)));
                self.max = self.max.max(time);
                *self.times.entry(to_three_digits(time)).or_default() += 1;
            }
        }
    }

    /// Counts a failure of a request that is counted.
    pub(crate) fn fail(&mut self, now: f64) {
        self.failures += 1;
        self.second(now).2 += 1;
    }

    fn second(&mut self, now: f64) -> &mut (i64, u32, u32) {
        let second = now.floor() as i64;
        if self.seconds.back().is_none_or(|last| last.0 < second) {
            if self.seconds.len() >= SECONDS {
                self.seconds.pop_front();
            }
            self.seconds.push_back((second, 0, 0));
        }
        self.seconds.back_mut().expect("there is one now")
    }

    /// The response time that this share of requests did not exceed.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let timed = self.requests - self.untimed;
        let wanted = (timed as f64 * share).floor() as u64;
        let mut above = 0;
        for (time, count) in self.times.iter().rev() {
            above += count;
            if timed - above.min(timed) <= wanted {
                return f64::from(*time).clamp(self.min.unwrap_or_default(), self.max.max(0.0));
            }
        }
        0.0
    }

    /// The mean response time.
    pub(crate) fn average(&self) -> f64 {
        let timed = self.requests - self.untimed;
        if timed == 0 { 0.0 } else { self.total_time / timed as f64 }
    }

    /// The mean length of answers.
    pub(crate) fn average_length(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { self.length as f64 / self.requests as f64 }
    }

    /// Requests and failures a second over the ten seconds up to two before `now`.
    pub(crate) fn lately(&self, now: f64, start: f64) -> (f64, f64) {
        let now = now.floor() as i64;
        let from = (now - 12).max(start.floor() as i64);
        let seconds = (now - 2 - from).max(0);
        if seconds == 0 {
            return (0.0, 0.0);
        }
        let within = self.seconds.iter().filter(|(second, ..)| (from..now - 2).contains(second));
        let (requests, failures) = within.fold((0_u64, 0_u64), |(requests, failures), (_, more, failed)| {
            (requests + u64::from(*more), failures + u64::from(*failed))
        });
        (requests as f64 / seconds as f64, failures as f64 / seconds as f64)
    }

    /// All of it, for the child.
    pub(crate) fn to_json(&self) -> Value {
        let rates = |which: fn(&(i64, u32, u32)) -> u32| -> Vec<(i64, u32)> {
            self.seconds.iter().map(|second| (second.0, which(second))).collect()
        };
        json!({
            "n": self.requests, "none": self.untimed, "fails": self.failures, "total": self.total_time,
            "min": self.min, "max": self.max, "len": self.length,
            "times": self.times.iter().collect::<Vec<_>>(),
            "rps": rates(|second| second.1), "fps": rates(|second| second.2),
            "start": self.start, "last": self.last,
        })
    }

    /// How many requests took how long.
    pub(crate) fn times(&self) -> impl Iterator<Item = (u32, u64)> {
        self.times.iter().map(|(time, count)| (*time, *count))
    }
}

/// Milliseconds, to three digits.
fn to_three_digits(time: f64) -> u32 {
    let mut step = 1.0;
    while time / step >= 1000.0 {
        step *= 10.0;
    }
    let rounded = (time / step).round() * step;
    if rounded >= f64::from(u32::MAX) { u32::MAX } else { rounded as u32 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn times_keep_three_digits() {
        for (time, kept) in [
            (0.2, 0),
            (0.6, 1),
            (147.4, 147),
            (999.6, 1000),
            (3432.0, 3430),
            (58760.0, 58800),
            (1e12, u32::MAX),
        ] {
            assert_eq!(to_three_digits(time), kept, "{time}");
        }
    }

    #[test]
    fn rates_look_at_whole_seconds_that_are_over() {
        let mut entry = Entry::new(100.0);
        for second in 100..110 {
            for _ in 0..5 {
                entry.add(f64::from(second) + 0.5, Some(1.0), 10);
            }
            entry.fail(f64::from(second) + 0.5);
        }
        assert_eq!(entry.lately(110.0, 100.0), (5.0, 1.0));
        assert_eq!(entry.lately(101.0, 100.0), (0.0, 0.0));
        assert_eq!(entry.lately(130.0, 100.0), (0.0, 0.0), "nothing lately");
    }

    proptest! {
        #[test]
        fn percentiles_rise_and_stay_between_the_extremes(times in proptest::collection::vec(0.0..90_000.0_f64, 1..200)) {
            let mut entry = Entry::new(0.0);
            for time in &times {
                entry.add(1.0, Some(*time), 0);
            }
            let found: Vec<f64> = [0.0, 0.5, 0.66, 0.9, 0.99, 0.9999, 1.0].map(|share| entry.percentile(share)).to_vec();
            prop_assert!(found.is_sorted(), "{found:?}");
            prop_assert!(found.iter().all(|one| entry.min.unwrap() <= *one && *one <= entry.max));
        }
    }
}
