//! A series is one request over time: how often it was answered in each second, and how fast. Of requests that were
//! answered in several ways, it is the most frequent way: a refusal is another matter than a sale.

use flashcrowd_metrics::names::{self, metric};
use flashcrowd_record::TimelineRow;
use indexmap::IndexMap;

use crate::course::Second;
use crate::request_names::RequestNames;
use crate::row::{is_answered, is_load, tag};

/// With more names than this, numbers in paths are taken to be ids of the same request.
const MANY_NAMES: usize = 50;

/// One request over time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Series {
    /// Method and name.
    pub(crate) name: String,
    /// What happened in each second.
    pub(crate) points: Vec<Point>,
}

/// What happened to one request in one second.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    /// How many answers there were.
    pub(crate) count: f64,
    /// Their time together, in milliseconds.
    pub(crate) sum: f64,
    /// The fastest.
    pub(crate) min: f64,
    /// The median; where rows were put together, their mean by number.
    pub(crate) p50: f64,
    /// The 99th percentile, likewise.
    pub(crate) p99: f64,
}

impl Point {
    /// The mean time of an answer.
    pub(crate) fn mean(&self) -> f64 {
        if self.count > 0.0 { self.sum / self.count } else { 0.0 }
    }

    fn add(&mut self, other: Self) {
        let count = self.count + other.count;
        let mean = |own: f64, others: f64| (own * self.count + others * other.count) / count;
        *self = Self {
            count,
            sum: self.sum + other.sum,
            min: if self.count > 0.0 { self.min.min(other.min) } else { other.min },
            p50: mean(self.p50, other.p50),
            p99: mean(self.p99, other.p99),
        };
    }
}

impl Series {
    /// How many answers there were.
    pub(crate) fn count(&self) -> f64 {
        self.points.iter().map(|point| point.count).sum()
    }

    /// All answers of some seconds.
    pub(crate) fn total(&self, seconds: impl IntoIterator<Item = usize>) -> Point {
        let mut total = Point::default();
        for point in seconds.into_iter().map(|at| self.points[at]).filter(|point| point.count > 0.0) {
            total.add(point);
        }
        total
    }
}

/// Every request over these seconds, the most frequent first. Requests of setup and teardown are left out, and those
/// that got no answer, since nobody served them.
pub(crate) fn series(seconds: &[Second<'_>]) -> Vec<Series> {
    let mut found: IndexMap<String, Series> = IndexMap::new();
    for (_, series) in answers(seconds) {
        match found.get(&series.name) {
            Some(there) if there.count() >= series.count() => {}
            _ => {
                found.insert(series.name.clone(), series);
            }
        }
    }
    let mut found: Vec<Series> = found.into_values().collect();
    if found.len() > MANY_NAMES {
        found = merged(found);
    }
    found.sort_by(|one, other| other.count().total_cmp(&one.count()));
    found
}

/// Every way in which each request was answered over these seconds, with its status.
pub(crate) fn answers<'a>(seconds: &[Second<'a>]) -> Vec<(&'a str, Series)> {
    let mut points: IndexMap<[&str; 3], Vec<Point>> = IndexMap::new();
    for (at, second) in seconds.iter().enumerate() {
        for row in
            second.line.rows.iter().filter(|row| row.metric == metric::HTTP_REQ_DURATION && is_answer(row))
        {
            let key = [names::tag::METHOD, names::tag::NAME, names::tag::STATUS].map(|name| tag(row, name));
            points.entry(key).or_insert_with(|| vec![Point::default(); seconds.len()])[at].add(point(row));
        }
    }
    let full_names = RequestNames::of_seconds(seconds);
    let named = points.into_iter().map(|([method, name, status], points)| {
        (status, Series { name: full_names.full(method, name), points })
    });
    named.collect()
}

fn is_answer(row: &TimelineRow) -> bool {
    is_load(row) && is_answered(row)
}

fn point(row: &TimelineRow) -> Point {
    let stat = |name| Some(row.stats.value(name)).filter(|value| value.is_finite()).unwrap_or_default();
    Point { count: stat("count"), sum: stat("sum"), min: stat("min"), p50: stat("p50"), p99: stat("p99") }
}

/// Requests whose names differ in numbers alone as one.
fn merged(all: Vec<Series>) -> Vec<Series> {
    let mut found: IndexMap<String, Series> = IndexMap::new();
    for series in all {
        let name = pattern(&series.name);
        match found.get_mut(&name) {
            None => {
                found.insert(name.clone(), Series { name, ..series });
            }
            Some(there) => {
                let pairs = there.points.iter_mut().zip(series.points);
                pairs.filter(|(_, point)| point.count > 0.0).for_each(|(there, point)| there.add(point));
            }
        }
    }
    found.into_values().collect()
}

/// A name with `{}` for each part of the path that is a number; what follows a `?` is left out.
fn pattern(name: &str) -> String {
    let path = name.split('?').next().unwrap_or_default();
    let is_id = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    path.split('/').map(|part| if is_id(part) { "{}" } else { part }).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::super::stretch::load_seconds;
    use super::*;
    use crate::course::Course;
    use crate::simulator::{Answer, Load, Service, Simulation, Station, evidence};

    #[test]
    fn a_series_is_the_most_frequent_answer() {
        let station = Station { servers: usize::MAX, service: Service::Fixed(20.0) };
        let simulation = Simulation::of(&[(10.0, Load::Users(10))], 80.0, station)
            .with_reads(1.0, Service::Fixed(5.0))
            .fate(|at, answer, rng| match at {
                at if at < 5.0 => answer,
                _ if rng.f64() < 0.5 => Answer { status: 409, ms: 1.0, ..answer },
                _ => Answer { status: 0, code: 1212, ms: 0.1 },
            });
        let record = simulation.run();
        let seconds = load_seconds(&Course::of(&evidence(&record)));
        assert_eq!(answers(&seconds).len(), 4);
        let all = series(&seconds);
        assert_eq!((all.len(), all[0].points.len()), (2, 10));
        let writes = all.iter().find(|series| series.name == "POST /purchase/1").unwrap();
        let total = writes.total(0..10);
        assert!((total.mean() - 20.0).abs() < 1e-6 && total.min == 20.0 && total.p50 == 20.0, "{total:?}");
        assert!(total.count > 100.0 && writes.points[6].count == 0.0);
    }

    #[test]
    fn names_that_differ_in_numbers_are_merged() {
        assert_eq!(
            pattern("GET http://127.0.0.1:8080/v1/users/9338/balance?at=7"),
            "GET http://127.0.0.1:8080/v1/users/{}/balance"
        );
        let one = |name: &str| Series {
            name: name.to_owned(),
            points: vec![Point { count: 1.0, sum: 4.0, min: 4.0, p50: 4.0, p99: 4.0 }],
        };
        let merged = merged(vec![one("GET /a/1"), one("GET /a/2"), one("GET /b")]);
        assert_eq!((merged.len(), merged[0].points[0].count, merged[0].points[0].p50), (2, 2.0, 4.0));
    }
}
