//! Requests are what a run asks for, by method and name, as the summary counts them.

use std::collections::BTreeMap;

use flashcrowd_metrics::names::{metric, tag, view};
use flashcrowd_record::{Results, Row, Stats};
use serde::Serialize;

use crate::point::code;

/// How many requests are shown, and how many kinds of errors.
const MOST: usize = 200;

/// The groups of what runs before and after the load.
const NOT_LOAD: [&str; 2] = ["::setup", "::teardown"];

/// All requests with the same method and name.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The name.
    pub name: String,
    /// How many there were.
    pub count: f64,
    /// How many of them failed.
    pub failed: f64,
    /// Average, 50th, 95th and 99th percentile, and largest time in milliseconds.
    pub times: Vec<f64>,
}

/// Requests that failed in the same way.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    /// The method.
    pub method: String,
    /// The name.
    pub name: String,
    /// The status, or k6's code of the error.
    pub code: String,
    /// How many there were.
    pub count: f64,
}

/// All requests of the load, those that were made most first, and how they failed.
pub(crate) fn requests(results: &Results) -> (Vec<Request>, Vec<Failed>) {
    let mut found: BTreeMap<(&str, &str), Request> = BTreeMap::new();
    let mut failed: BTreeMap<(&str, &str, String), f64> = BTreeMap::new();
    for row in &results.rows {
        let (method, name) = (of(row, tag::METHOD), of(row, tag::NAME));
        if NOT_LOAD.iter().any(|group| of(row, tag::GROUP).starts_with(group)) {
            continue;
        }
        let mut request = || {
            let (method, name) = (method.to_owned(), name.to_owned());
            Request { method, name, ..Request::default() }
        };
        match (row.view.as_str(), row.metric.as_str()) {
            (view::BY_REQUEST, _) => {
                found.entry((method, name)).or_insert_with(&mut request).times = times(&row.stats);
            }
            (view::REQUESTS, metric::HTTP_REQS) => {
                found.entry((method, name)).or_insert_with(&mut request).count += row.stats.value("count");
            }
            (view::REQUESTS, metric::GRPC_REQ_DURATION) => {
                let request = found.entry((method, name)).or_insert_with(&mut request);
                request.count += row.stats.value("count");
                request.times = times(&row.stats);
            }
            (view::REQUESTS, metric::HTTP_REQ_FAILED) => {
                let trues = row.stats.value("passes");
                found.entry((method, name)).or_insert_with(&mut request).failed += trues;
                if trues > 0.0 {
                    *failed.entry((method, name, code(&row.tags))).or_default() += trues;
                }
            }
            _ => {}
        }
    }
    let mut requests: Vec<Request> = found.into_values().filter(|request| request.count > 0.0).collect();
    requests.sort_by(|left, right| right.count.total_cmp(&left.count));
    requests.truncate(MOST);
    let failed = failed.into_iter().map(|((method, name, code), count)| Failed {
        method: method.to_owned(),
        name: name.to_owned(),
        code,
        count,
    });
    let mut failed: Vec<Failed> = failed.collect();
    failed.sort_by(|left, right| right.count.total_cmp(&left.count));
    failed.truncate(MOST);
    (requests, failed)
}

fn of<'a>(row: &'a Row, tag: &str) -> &'a str {
    row.tags.get(tag).map_or("", String::as_str)
}

fn times(stats: &Stats) -> Vec<f64> {
    ["avg", "med", "p(95)", "p(99)", "max"].iter().filter_map(|name| stats.get(name)).collect()
}
