//! The history of a run is where it stood at each second, for charts; it gets coarser as the run goes on, so that its size has a bound.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::csv_files::timestamp;

/// How many points are kept; beyond that, each two become one.
const POINTS: usize = 1200;
/// Over how many seconds current response times are taken.
const WINDOW: usize = 10;

/// Where a run stands at a moment. Moments are seconds since the epoch, times milliseconds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Point {
    /// The moment.
    pub time: f64,
    /// How many users there are.
    pub users: f64,
    /// Requests a second since the point before.
    pub rps: f64,
    /// Failures a second since the point before.
    pub fps: f64,
    /// The mean response time of all requests so far.
    pub average: f64,
    /// The percentiles that are charted, of the last seconds; none where there was no request.
    pub percentiles: Vec<f64>,
}

/// What was counted at a moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Moment {
    pub(crate) time: f64,
    pub(crate) users: u64,
    pub(crate) requests: u64,
    pub(crate) failures: u64,
    pub(crate) average: f64,
    /// How many requests took how many milliseconds, of all so far.
    pub(crate) times: BTreeMap<u32, u64>,
}

/// Points, the oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    points: Vec<Point>,
    /// Which percentiles are charted, from 0 to 1.
    shares: Vec<f64>,
    /// The moments of the last seconds.
    window: VecDeque<Moment>,
    /// How many moments make a point, and those of the next one so far.
    stride: usize,
    open: Vec<Point>,
}

impl History {
    /// Nothing yet; with these percentiles.
    pub(crate) fn new(shares: &[f64]) -> Self {
        Self { shares: shares.to_vec(), stride: 1, ..Self::default() }
    }

    /// The points so far.
    pub(crate) fn points(&self) -> &[Point] {
        &self.points
    }

    /// Which percentiles are charted.
    pub(crate) fn shares(&self) -> &[f64] {
        &self.shares
    }

    /// The charted percentiles of the last seconds.
    pub(crate) fn current(&self) -> Vec<f64> {
        self.points.last().map(|point| point.percentiles.clone()).unwrap_or_default()
    }

    /// Adds a moment.
    pub(crate) fn add(&mut self, moment: Moment) {
        let point = self.point(&moment);
        self.window.push_back(moment);
        if self.window.len() > WINDOW {
            self.window.pop_front();
        }
        self.open.push(point);
        if self.open.len() >= self.stride.max(1) {
            self.points.push(joined(&std::mem::take(&mut self.open)));
        }
        if self.points.len() > POINTS {
            self.points = self.points.chunks(2).map(joined).collect();
            self.stride = self.stride.max(1) * 2;
        }
    }

    fn point(&self, now: &Moment) -> Point {
        let last = self.window.back().filter(|last| last.requests <= now.requests);
        let rate = |now_count: u64, then: Option<u64>| match (last, then) {
            (Some(last), Some(then)) if now.time > last.time => {
                now_count.saturating_sub(then) as f64 / (now.time - last.time)
            }
            _ => 0.0,
        };
        Point {
            time: now.time,
            users: now.users as f64,
            rps: rate(now.requests, last.map(|last| last.requests)),
            fps: rate(now.failures, last.map(|last| last.failures)),
            average: now.average,
            percentiles: self.lately(now),
        }
    }

    /// The percentiles of what came since the oldest moment of the window.
    fn lately(&self, now: &Moment) -> Vec<f64> {
        let nothing = BTreeMap::new();
        let before = self.window.front().filter(|first| first.requests <= now.requests);
        let before = before.map_or(&nothing, |first| &first.times);
        let since: Vec<(u32, u64)> = now
            .times
            .iter()
            .map(|(time, count)| (*time, count.saturating_sub(before.get(time).copied().unwrap_or(0))))
            .filter(|(_, count)| *count > 0)
            .collect();
        let total: u64 = since.iter().map(|(_, count)| count).sum();
        if total == 0 {
            return Vec::new();
        }
        self.shares.iter().map(|share| percentile(&since, total, *share)).collect()
    }

    /// All points in Locust's form.
    pub(crate) fn to_json(&self) -> Value {
        let point = |point: &Point| {
            let time = timestamp(point.time);
            let mut row = json!({
                "time": time, "user_count": [time, point.users.round() as u64], "current_rps": [time, point.rps],
                "current_fail_per_sec": [time, point.fps], "total_avg_response_time": [time, point.average],
            });
            for (at, share) in self.shares.iter().enumerate() {
                let value = point.percentiles.get(at).copied().unwrap_or_default();
                row[format!("response_time_percentile_{share}")] = json!([time, value]);
            }
            row
        };
        self.points.iter().map(point).collect()
    }
}

/// Several points as one: rates and users are means, response times the largest, so that no peak is lost.
fn joined(points: &[Point]) -> Point {
    let count = points.len().max(1) as f64;
    let mean = |of: fn(&Point) -> f64| points.iter().map(of).sum::<f64>() / count;
    let mut percentiles: Vec<f64> = Vec::new();
    for point in points {
        for (at, one) in point.percentiles.iter().enumerate() {
            match percentiles.get_mut(at) {
                Some(most) => *most = most.max(*one),
                None => percentiles.push(*one),
            }
        }
    }
    Point {
        time: points.last().map_or(0.0, |last| last.time),
        users: mean(|point| point.users),
        rps: mean(|point| point.rps),
        fps: mean(|point| point.fps),
        average: points.last().map_or(0.0, |last| last.average),
        percentiles,
    }
}

fn percentile(counts: &[(u32, u64)], total: u64, share: f64) -> f64 {
    let wanted = ((total as f64 * share).ceil() as u64).clamp(1, total);
    let mut seen = 0;
    let found = counts.iter().find(|(_, count)| {
        seen += count;
        seen >= wanted
    });
    found.map_or(0.0, |(time, _)| f64::from(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(second: u32, requests: u64, times: &[(u32, u64)]) -> Moment {
        let times = times.iter().copied().collect();
        Moment { time: f64::from(second), users: 2, requests, failures: requests / 10, average: 5.0, times }
    }

    #[test]
    fn rates_are_those_since_the_point_before_and_percentiles_those_of_the_last_seconds() {
        let mut history = History::new(&[0.5, 0.95]);
        history.add(moment(0, 0, &[]));
        history.add(moment(1, 100, &[(5, 90), (50, 10)]));
        let last = history.points().last().unwrap();
        assert_eq!((last.rps, last.fps, last.users), (100.0, 10.0, 2.0));
        assert_eq!(history.current(), [5.0, 50.0]);
        for second in 2..14 {
            history.add(moment(second, 100, &[(5, 90), (50, 10)]));
        }
        assert_eq!(history.points().last().unwrap().rps, 0.0);
        assert!(history.current().is_empty(), "nothing lately");
    }

    #[test]
    fn a_long_run_has_a_bounded_history_that_keeps_its_peaks() {
        let mut history = History::new(&[0.5]);
        for second in 0..100_000_u32 {
            let slow = if second == 77_777 { 900 } else { 5 };
            let times = [(slow, u64::from(second) + 1)];
            history.add(moment(second, u64::from(second) + 1, &times));
        }
        assert!(history.points().len() <= POINTS, "{}", history.points().len());
        assert!(history.points().iter().any(|point| point.percentiles == [900.0]));
        assert!(history.points().windows(2).all(|pair| pair[0].time < pair[1].time));
    }

    #[test]
    fn a_reset_is_no_negative_rate() {
        let mut history = History::new(&[0.5]);
        history.add(moment(0, 500, &[(5, 500)]));
        history.add(moment(1, 20, &[(7, 20)]));
        let last = history.points().last().unwrap();
        assert_eq!((last.rps, history.current()), (0.0, vec![7.0]));
    }
}
