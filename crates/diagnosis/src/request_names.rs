//! The names of requests, as results and texts show them.

use std::collections::BTreeSet;

use flashcrowd_metrics::names;
use flashcrowd_record::Results;

use crate::course::Second;
use crate::row::tag;

/// The method of every DynamoDB call.
const POST: &str = "POST";

/// The names of a run's requests; it knows which of them are calls of DynamoDB, such as `GetItem Products`.
#[derive(Clone, Debug, Default)]
pub struct RequestNames<'a> {
    dynamodb: BTreeSet<&'a str>,
}

impl<'a> RequestNames<'a> {
    /// The names in the results of a run.
    pub fn of_results(results: &'a Results) -> Self {
        let rows = results.rows.iter().filter(|row| is_attempt(&row.view, &row.metric));
        let names = rows.filter_map(|row| row.tags.get(names::tag::NAME));
        Self { dynamodb: names.map(String::as_str).collect() }
    }

    /// The names in these seconds.
    pub(crate) fn of_seconds(seconds: &[Second<'a>]) -> Self {
        let rows = seconds.iter().flat_map(|second| &second.line.rows);
        let attempts = rows.filter(|row| is_attempt(&row.view, &row.metric));
        let names = attempts.map(|row| tag(row, names::tag::NAME)).filter(|name| !name.is_empty());
        Self { dynamodb: names.collect() }
    }

    /// Whether these are calls of DynamoDB: by the metrics that the run has of them, not by how they are called.
    pub fn is_dynamodb_call(&self, method: &str, name: &str) -> bool {
        (method.is_empty() || method == POST) && self.dynamodb.contains(name)
    }

    /// Method and name. A name that begins with the method is not repeated, and a call of DynamoDB needs no method.
    pub fn full(&self, method: &str, name: &str) -> String {
        let has_method = name.split(' ').next() == Some(method);
        if has_method || method.is_empty() || self.is_dynamodb_call(method, name) {
            name.to_owned()
        } else {
            format!("{method} {name}")
        }
    }
}

fn is_attempt(view: &str, metric: &str) -> bool {
    view == names::view::DYNAMODB && metric == names::dynamodb::ATTEMPTS
}

#[cfg(test)]
mod tests {
    use flashcrowd_record::{TimelineLine, TimelineRow};

    use super::*;

    fn line(view: &str, metric: &str, name: &str) -> TimelineLine {
        let tags = [("name".to_owned(), name.to_owned())].into();
        let row = TimelineRow {
            view: view.into(),
            tags,
            metric: metric.into(),
            stats: [("sum", 1.0)].into(),
            durations: Vec::new(),
        };
        TimelineLine { rows: vec![row], ..TimelineLine::default() }
    }

    #[test]
    fn a_name_has_its_method_once() {
        let names = RequestNames::default();
        assert_eq!(names.full("GET", "/sale"), "GET /sale");
        assert_eq!(names.full("GET", "GET /sale"), "GET /sale");
        assert_eq!(names.full("", "sale"), "sale");
    }

    #[test]
    fn calls_of_dynamodb_are_known_by_their_metrics() {
        let line = line("dynamodb", "dynamodb_attempts", "GetItem Products");
        let names = RequestNames::of_seconds(&[Second { line: &line, start: 0.0, end: 1.0 }]);
        assert_eq!(names.full("POST", "GetItem Products"), "GetItem Products");
        assert_eq!(names.full("GET", "GetItem Products"), "GET GetItem Products");
    }

    #[test]
    fn a_request_that_is_named_like_a_call_of_dynamodb_is_none() {
        let line = line("requests", "http_reqs", "Query products");
        let names = RequestNames::of_seconds(&[Second { line: &line, start: 0.0, end: 1.0 }]);
        assert_eq!(names.full("POST", "Query products"), "POST Query products");
        assert!(!names.is_dynamodb_call("POST", "Query products"));
    }
}
