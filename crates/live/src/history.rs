//! The history of a run is the points of its charts; of a long run several seconds are one point.

use std::collections::VecDeque;

use crate::point::Point;

/// How many points there are at most.
const MOST: usize = 720;

/// The points of a run's charts.
#[derive(Debug, Default)]
pub(crate) struct History {
    points: VecDeque<Point>,
    /// How many seconds make a point.
    width: usize,
    /// How many seconds the last point has.
    filled: usize,
}

impl History {
    /// Adds a second.
    pub(crate) fn add(&mut self, second: Point) {
        self.width = self.width.max(1);
        match self.points.back_mut().filter(|_| self.filled < self.width) {
            Some(last) => {
                last.join(second);
                self.filled += 1;
            }
            None => {
                self.points.push_back(second);
                self.filled = 1;
            }
        }
        if self.points.len() > MOST {
            self.halve();
        }
    }

    /// All points, the first one first.
    pub(crate) fn points(&self) -> impl Iterator<Item = &Point> {
        self.points.iter()
    }

    fn halve(&mut self) {
        let mut old = std::mem::take(&mut self.points).into_iter();
        while let Some(mut point) = old.next() {
            self.filled = self.width;
            if let Some(next) = old.next() {
                point.join(next);
                self.filled = 2 * self.width;
            }
            self.points.push_back(point);
        }
        self.width *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_run_has_wider_points_and_loses_no_peak() {
        let mut history = History::default();
        for second in 1..=10_000_u32 {
            let p99 = if second == 4321 { 900.0 } else { 10.0 };
            let times = Some([5.0, 8.0, p99]);
            history.add(Point { t: second.into(), seconds: 1.0, rate: 100.0, times, ..Point::default() });
        }
        let points: Vec<&Point> = history.points().collect();
        assert!((MOST / 2..=MOST).contains(&points.len()), "{}", points.len());
        assert_eq!(points.last().unwrap().t, 10_000.0);
        assert_eq!(points.iter().map(|point| point.seconds).sum::<f64>(), 10_000.0);
        assert!(points.iter().all(|point| point.rate == 100.0));
        assert_eq!(points.iter().filter(|point| point.times.unwrap()[2] == 900.0).count(), 1);
    }
}
