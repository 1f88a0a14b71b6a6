//! A queue is what a request waits in when more of them come than are served at a time.
//!
//! Little's law gives how many requests are in the target at a time, L = X·R: throughput times mean time. Once all
//! servers are busy, throughput is flat at X = c/S, with c servers and S of service for each request, and whatever comes
//! more only waits. So c = X·S shows from the outside how many are served at a time: one behind a lock, the size of the pool
//! behind a pool. X is read where the target is *loaded* (L at least half of its highest values). S is the mean time in
//! *light* seconds, those with at most 70% of that throughput and the shortest times; where there are none, because the
//! run began with full load, it is the shortest time ever seen, on two conditions: under load not even the fastest were
//! nearly as fast any more, and answers came as evenly as from servers that always take the same time.

use super::series::{Point, Series};
use crate::course::Second;
use crate::stats::little::in_system;
use crate::stats::robust::{median, quantile};

/// From this mean time under load, in milliseconds, users no longer wait.
pub(crate) const UNBEARABLE: f64 = 1000.0;

/// With fewer answers nothing is said.
const FEWEST: f64 = 100.0;

/// With fewer loaded seconds nothing is said.
const LOADED: usize = 8;

/// Up to this share of the throughput under load a second is light.
const LIGHT: f64 = 0.7;

/// The fewest responses, and the fewest light seconds, that make a mean.
const LIGHT_ANSWERS: f64 = 20.0;
const LIGHT_SECONDS: usize = 3;

/// A queue in front of one request.
#[derive(Clone, Debug)]
pub(crate) struct Queue {
    /// The request.
    pub(crate) name: String,
    /// How long one takes to be served, in milliseconds.
    pub(crate) base: f64,
    /// The mean time under load, in milliseconds.
    pub(crate) latency: f64,
    /// Answers per second under load.
    pub(crate) throughput: f64,
    /// The seconds under load.
    pub(crate) loaded: Vec<usize>,
}

impl Queue {
    /// How many are served at a time.
    pub(crate) fn servers(&self) -> f64 {
        in_system(self.throughput, self.base / 1e3)
    }

    /// How many are in the target at a time under load.
    pub(crate) fn in_flight(&self) -> f64 {
        in_system(self.throughput, self.latency / 1e3)
    }

    /// How many times longer a request takes under load.
    pub(crate) fn slowdown(&self) -> f64 {
        self.latency / self.base
    }

    /// The time spent waiting, in milliseconds.
    pub(crate) fn wait(&self) -> f64 {
        self.latency - self.base
    }
}

/// The queue in front of a request; none where throughput still grew, or the time of service is not known.
pub(crate) fn queue(series: &Series, seconds: &[Second<'_>]) -> Option<Queue> {
    let loaded = loaded(series, seconds);
    let total = series.total(loaded.iter().copied());
    if loaded.len() < LOADED || total.count < FEWEST || !is_flat(series, seconds, &loaded) {
        return None;
    }
    let length: f64 = loaded.iter().map(|at| seconds[*at].length()).sum();
    let (throughput, latency) = (total.count / length, total.mean());
    let base = light(series, seconds, throughput, latency)
        .or_else(|| fastest(series, seconds, &loaded, latency))
        .filter(|base| *base > 0.0)?;
    Some(Queue { name: series.name.clone(), base, latency, throughput, loaded })
}

/// How long a request takes when there is no queue, as far as can be told: a low quantile of its means.
pub(crate) fn unloaded(series: &Series) -> f64 {
    let answered = series.points.iter().filter(|point| point.count > 0.0);
    quantile(&answered.map(Point::mean).collect::<Vec<_>>(), 0.1).unwrap_or_default()
}

fn in_flight(point: &Point, second: &Second<'_>) -> f64 {
    point.sum / 1e3 / second.length()
}

fn rate(point: &Point, second: &Second<'_>) -> f64 {
    point.count / second.length()
}

/// The seconds in which at least half as many were in the target as in the fullest tenth.
fn loaded(series: &Series, seconds: &[Second<'_>]) -> Vec<usize> {
    let levels: Vec<f64> =
        series.points.iter().zip(seconds).map(|(point, second)| in_flight(point, second)).collect();
    let high = quantile(&levels, 0.9).unwrap_or_default();
    (0..levels.len()).filter(|at| levels[*at] >= high / 2.0 && levels[*at] > 0.0).collect()
}

/// Whether throughput under load does not depend on how much load it is: the fuller half of the seconds within 20%
/// of the other, and all of them near each other.
fn is_flat(series: &Series, seconds: &[Second<'_>], loaded: &[usize]) -> bool {
    let mut by_level = loaded.to_vec();
    by_level.sort_by(|one, other| {
        let level = |at: &usize| in_flight(&series.points[*at], &seconds[*at]);
        level(one).total_cmp(&level(other))
    });
    let mean = |part: &[usize]| {
        part.iter().map(|at| rate(&series.points[*at], &seconds[*at])).sum::<f64>() / part.len() as f64
    };
    let (low, high) = by_level.split_at(by_level.len() / 2);
    let growth = mean(high) / mean(low);
    let average = mean(loaded);
    let square = |at: &usize| (rate(&series.points[*at], &seconds[*at]) - average).powi(2);
    let spread = (loaded.iter().map(square).sum::<f64>() / loaded.len() as f64).sqrt() / average;
    (0.8..=1.2).contains(&growth) && spread < 0.25 + 1.0 / average.sqrt()
}

/// The mean time in the seconds that had less throughput and the shortest times.
fn light(series: &Series, seconds: &[Second<'_>], throughput: f64, latency: f64) -> Option<f64> {
    let mut light: Vec<Point> = series
        .points
        .iter()
        .zip(seconds)
        .filter(|(point, second)| point.count > 0.0 && rate(point, second) <= LIGHT * throughput)
        .map(|(point, _)| *point)
        .filter(|point| point.mean() <= latency / 2.0)
        .collect();
    light.sort_by(|one, other| one.mean().total_cmp(&other.mean()));
    // The first second of full load has little throughput, too, but is alone with its time.
    let shortest = light.first()?.mean();
    let alike: Vec<&Point> = light.iter().filter(|point| point.mean() <= 2.0 * shortest).collect();
    let count: f64 = alike.iter().map(|point| point.count).sum();
    let sum: f64 = alike.iter().map(|point| point.sum).sum();
    (alike.len() >= LIGHT_SECONDS && count >= LIGHT_ANSWERS).then(|| sum / count)
}

/// The shortest time ever seen, where it can stand for all.
fn fastest(series: &Series, seconds: &[Second<'_>], loaded: &[usize], latency: f64) -> Option<f64> {
    let answered = series.points.iter().filter(|point| point.count > 0.0);
    let fastest = answered.map(|point| point.min).reduce(f64::min)?;
    let minima: Vec<f64> = loaded.iter().map(|at| series.points[*at].min).collect();
    let typical = median(&minima)?;
    let all_wait = typical >= 3.0 * fastest && typical >= latency / 4.0;
    let counts: Vec<f64> = loaded.iter().map(|at| rate(&series.points[*at], &seconds[*at])).collect();
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / counts.len() as f64;
    (all_wait && variance <= 1.5 * mean).then_some(fastest)
}

#[cfg(test)]
mod tests {
    use super::super::series::series;
    use super::super::stretch::load_seconds;
    use super::*;
    use crate::course::Course;
    use crate::simulator::{Load, Service, Simulation, Station, evidence};

    const WRITE: Service = Service::LogNormal { median: 8.0, sigma: 0.9 };

    fn servers(load: &[(f64, Load)], think: f64, servers: usize, service: Service) -> Option<f64> {
        let record = Simulation::of(load, think, Station { servers, service }).run();
        let seconds = load_seconds(&Course::of(&evidence(&record)));
        queue(&series(&seconds)[0], &seconds)
            .filter(|queue| queue.slowdown() > 3.0)
            .map(|queue| queue.servers())
    }

    #[track_caller]
    fn check(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found / expected - 1.0).abs() < 0.15, "{found} instead of {expected}");
    }

    #[test]
    fn servers_are_counted_from_outside() {
        let steps = [1, 5, 20, 80].map(|users| (15.0, Load::Users(users)));
        check(servers(&steps, 0.0, 1, Service::Fixed(10.0)), 1.0);
        check(servers(&steps, 50.0, 1, Service::LogNormal { median: 10.0, sigma: 0.5 }), 1.0);
        check(servers(&steps, 50.0, 1, WRITE), 1.0);
        let steps = [5, 10, 20, 40, 80].map(|users| (15.0, Load::Users(users)));
        check(servers(&steps, 0.0, 20, Service::Fixed(50.0)), 20.0);
        check(servers(&steps, 0.0, 20, Service::LogNormal { median: 50.0, sigma: 0.4 }), 20.0);
    }

    #[test]
    fn they_are_counted_where_load_was_full_from_the_start() {
        check(servers(&[(30.0, Load::Users(100))], 0.0, 1, Service::Fixed(10.0)), 1.0);
        check(servers(&[(30.0, Load::Users(100))], 100.0, 1, Service::Fixed(10.0)), 1.0);
        check(servers(&[(30.0, Load::Users(200))], 0.0, 20, Service::Fixed(50.0)), 20.0);
        check(servers(&[(30.0, Load::Rate(150.0))], 0.0, 1, Service::Fixed(10.0)), 1.0);
    }

    #[test]
    fn where_nothing_waits_there_is_no_queue() {
        for think in [0.0, 100.0] {
            assert_eq!(servers(&[(40.0, Load::Users(20))], think, usize::MAX, WRITE), None);
            let steps = [1, 5, 20, 80].map(|users| (15.0, Load::Users(users)));
            assert_eq!(servers(&steps, think, usize::MAX, WRITE), None);
        }
        assert_eq!(servers(&[(40.0, Load::Rate(60.0))], 0.0, 1, Service::Fixed(10.0)), None);
    }

    #[test]
    fn a_guess_is_not_made() {
        // Full from the start, and the fastest stands for nobody.
        assert_eq!(
            servers(&[(30.0, Load::Users(400))], 0.0, 30, Service::LogNormal { median: 40.0, sigma: 1.2 }),
            None
        );
    }
}
