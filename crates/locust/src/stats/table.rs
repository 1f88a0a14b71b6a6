//! The table has an entry for each method and name, one for all requests, and the failures by their texts.

use std::rc::Rc;

use hashbrown::HashMap;
use indexmap::IndexMap;
use serde_json::{Value, json};

use super::entry::Entry;
use super::fold::fold;
use super::history::{History, Moment};
use super::report::{ExceptionRow, FailureRow, Report, Row};

/// How many names have entries; further ones are folded into patterns, so that neither memory nor time grows with them.
const NAMES: usize = 4000;
/// How many texts of failures are kept; those of further ones are counted together.
const FAILURES: usize = 1000;

/// A request, as it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Counted<'a> {
    pub(crate) method: &'a Rc<str>,
    pub(crate) name: &'a Rc<str>,
    /// Milliseconds; none where that is not known.
    pub(crate) time: Option<f64>,
    pub(crate) length: u64,
    /// The text of the failure.
    pub(crate) error: Option<&'a str>,
}

#[derive(Clone, Debug)]
struct Failure {
    count: u64,
    first: f64,
    last: f64,
}

#[derive(Clone, Debug)]
struct Exception {
    count: u64,
    message: String,
    traceback: String,
    /// The processes that it was raised in.
    processes: Vec<usize>,
}

/// What entries are told apart by: method and name.
type Key = (Rc<str>, Rc<str>);

/// What is counted in a run.
#[derive(Debug)]
pub(crate) struct Table {
    total: Entry,
    entries: Vec<(Key, Entry)>,
    index: HashMap<Key, usize>,
    failures: IndexMap<(String, String, String), Failure>,
    exceptions: Vec<Exception>,
    /// Where the exception is that a process calls by a number.
    exception_index: HashMap<(usize, i64), usize>,
    /// The first pattern that names were folded into.
    folded: Option<String>,
}

impl Table {
    /// Nothing yet, from this moment on.
    pub(crate) fn new(now: f64) -> Self {
        Self {
            total: Entry::new(now),
            entries: Vec::new(),
            index: HashMap::new(),
            failures: IndexMap::new(),
            exceptions: Vec::new(),
            exception_index: HashMap::new(),
            folded: None,
        }
    }

    /// Begins anew; exceptions stay.
    pub(crate) fn reset(&mut self, now: f64) {
        let exceptions = std::mem::take(&mut self.exceptions);
        let exception_index = std::mem::take(&mut self.exception_index);
        *self = Self { exceptions, exception_index, ..Self::new(now) };
    }

    /// Begins anew with nothing at all, for the next test. Processes know their exceptions by their numbers still.
    pub(crate) fn clear(&mut self, now: f64) {
        self.reset(now);
        self.exceptions.iter_mut().for_each(|one| one.count = 0);
    }

    /// Counts a request. Answers the pattern when names begin to be folded.
    pub(crate) fn count(&mut self, now: f64, request: &Counted<'_>) -> Option<String> {
        self.total.add(now, request.time, request.length);
        let (at, told) = self.entry_of(now, request.method, request.name);
        self.entries[at].1.add(now, request.time, request.length);
        if let Some(error) = request.error {
            let name = self.entries[at].0.1.clone();
            self.fail_at(now, at, (request.method, &name, error));
        }
        told
    }

    /// Counts a failure of a request that is counted.
    pub(crate) fn fail(&mut self, now: f64, method: &Rc<str>, name: &Rc<str>, error: &str) {
        let (at, _) = self.entry_of(now, method, name);
        self.fail_at(now, at, (method, name, error));
    }

    fn fail_at(&mut self, now: f64, at: usize, (method, name, error): (&str, &str, &str)) {
        self.total.fail(now);
        self.entries[at].1.fail(now);
        let error = match self.failures.len() >= FAILURES {
            true if !self.failures.contains_key(&(method.to_owned(), name.to_owned(), error.to_owned())) => {
                "(other failures)"
            }
            _ => error,
        };
        let key = (method.to_owned(), name.to_owned(), error.to_owned());
        let failure = self.failures.entry(key).or_insert(Failure { count: 0, first: now, last: now });
        failure.count += 1;
        failure.last = now;
    }

    fn entry_of(&mut self, now: f64, method: &Rc<str>, name: &Rc<str>) -> (usize, Option<String>) {
        let key = (method.clone(), name.clone());
        if let Some(at) = self.index.get(&key) {
            return (*at, None);
        }
        let mut told = None;
        let key = match self.entries.len() >= NAMES {
            false => key,
            true => {
                let folded = fold(name);
                if self.folded.is_none() {
                    self.folded = Some(folded.clone());
                    told = Some(folded.clone());
                }
                let pattern =
                    if self.entries.len() >= 2 * NAMES { "(other names)".to_owned() } else { folded };
                (method.clone(), Rc::from(pattern))
            }
        };
        if let Some(at) = self.index.get(&key) {
            return (*at, told);
        }
        let at = self.entries.len();
        self.entries.push((key.clone(), Entry::new(now)));
        self.index.insert(key, at);
        (at, told)
    }

    /// Counts an exception of a user in a process; what it is, is told the first time.
    pub(crate) fn exception(&mut self, place: (usize, i64), message: Option<&str>, traceback: &str) {
        let at = match self.exception_index.get(&place) {
            Some(at) => *at,
            None => {
                let at = self.exception_of(message.unwrap_or_default(), traceback);
                self.exception_index.insert(place, at);
                at
            }
        };
        let row = &mut self.exceptions[at];
        row.count += 1;
        if !row.processes.contains(&place.0) {
            row.processes.push(place.0);
        }
    }

    /// The same traceback in several processes is one exception.
    fn exception_of(&mut self, message: &str, traceback: &str) -> usize {
        let known = self.exceptions.iter().position(|one| one.traceback == traceback);
        known.unwrap_or_else(|| {
            let (message, traceback) = (message.to_owned(), traceback.to_owned());
            self.exceptions.push(Exception { count: 0, message, traceback, processes: Vec::new() });
            self.exceptions.len() - 1
        })
    }

    /// Everything, for the child.
    pub(crate) fn to_json(&self, history: &History) -> Value {
        let entries =
            self.entries.iter().map(|((method, name), entry)| json!([**name, **method, entry.to_json()]));
        let errors = self.failures.iter().map(|((method, name, error), failure)| {
            json!([method, name, error, failure.count, failure.first, failure.last])
        });
        let exceptions = self.exceptions.iter().filter(|one| one.count > 0).map(|one| {
            json!({ "count": one.count, "msg": one.message, "traceback": one.traceback, "nodes": nodes(&one.processes) })
        });
        json!({
            "exceptions": exceptions.collect::<Vec<_>>(),
            "entries": entries.collect::<Vec<_>>(), "errors": errors.collect::<Vec<_>>(), "total": self.total.to_json(),
            "history": history.to_json(), "start": self.total.start, "last": self.total.last,
        })
    }

    /// What is counted by now.
    pub(crate) fn moment(&self, now: f64, users: u64) -> Moment {
        let total = &self.total;
        Moment {
            time: now,
            users,
            requests: total.requests,
            failures: total.failures,
            average: total.average(),
            times: total.times().collect(),
        }
    }

    /// The figures now, with these percentiles.
    pub(crate) fn report(&self, now: f64, users: u64, percentiles: &[f64]) -> Report {
        let span = self.total.last.map_or(0.0, |last| last - self.total.start);
        let row = |method: &str, name: &str, entry: &Entry| {
            let rate = |count: u64| if span > 0.0 { count as f64 / span } else { 0.0 };
            let (rps, fps) = entry.lately(now, self.total.start);
            Row {
                method: method.to_owned(),
                name: name.to_owned(),
                requests: entry.requests,
                failures: entry.failures,
                // Whole milliseconds, as Locust has them.
                median: entry.percentile(0.5).floor(),
                average: entry.average(),
                min: entry.min.unwrap_or_default(),
                max: entry.max,
                average_length: entry.average_length(),
                total_rps: rate(entry.requests),
                total_fps: rate(entry.failures),
                current_rps: rps,
                current_fps: fps,
                percentiles: percentiles.iter().map(|share| entry.percentile(*share).floor()).collect(),
                times: entry.times().collect(),
                start: entry.start,
                last: entry.last,
                total_time: entry.total_time,
                length: entry.length,
                untimed: entry.untimed,
            }
        };
        let mut rows: Vec<Row> =
            self.entries.iter().map(|((method, name), entry)| row(method, name, entry)).collect();
        rows.sort_by(|a, b| (&a.name, &a.method).cmp(&(&b.name, &b.method)));
        let failures = self.failures.iter().map(|((method, name, error), failure)| FailureRow {
            method: method.clone(),
            name: name.clone(),
            error: error.clone(),
            count: failure.count,
            first: failure.first,
            last: failure.last,
        });
        let exceptions = self.exceptions.iter().filter(|one| one.count > 0).map(|one| ExceptionRow {
            count: one.count,
            message: one.message.clone(),
            traceback: one.traceback.clone(),
            nodes: nodes(&one.processes),
        });
        Report {
            now,
            users,
            rows,
            total: row("", "Aggregated", &self.total),
            failures: failures.collect(),
            exceptions: exceptions.collect(),
            percentiles: percentiles.to_vec(),
            history: Vec::new(),
            charted: Vec::new(),
        }
    }
}

/// The names of processes: that of the only one is Locust's.
fn nodes(processes: &[usize]) -> Vec<String> {
    let name = |process: &usize| match process {
        0 => "local".to_owned(),
        number => format!("process {number}"),
    };
    processes.iter().map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_a_number_are_folded_and_all_requests_are_counted() {
        let mut table = Table::new(0.0);
        let method: Rc<str> = "GET".into();
        let mut told = Vec::new();
        for number in 0..20_000 {
            let name: Rc<str> = format!("/items/{number}").into();
            let counted = Counted { method: &method, name: &name, time: Some(1.0), length: 1, error: None };
            told.extend(table.count(1.0, &counted));
        }
        let report = table.report(2.0, 1, &[0.5]);
        assert_eq!(told, ["/items/[...]"]);
        assert_eq!(report.rows.len(), NAMES + 1);
        assert_eq!(report.rows.iter().map(|row| row.requests).sum::<u64>(), 20_000);
        assert_eq!(report.total.requests, 20_000);
    }
}
