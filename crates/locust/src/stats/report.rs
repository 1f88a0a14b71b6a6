//! A report is the figures of a run at a moment, as they are shown and written.

use std::borrow::Cow;

use super::history::Point;

/// One line of the table.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "each field is a column of the table under Locust's name for it")]
pub struct Row {
    pub method: String,
    pub name: String,
    pub requests: u64,
    pub failures: u64,
    pub median: f64,
    pub average: f64,
    pub min: f64,
    pub max: f64,
    pub average_length: f64,
    pub total_rps: f64,
    pub total_fps: f64,
    pub current_rps: f64,
    pub current_fps: f64,
    pub percentiles: Vec<f64>,
    /// How many requests took how many milliseconds.
    pub times: Vec<(u32, u64)>,
    pub start: f64,
    pub last: Option<f64>,
    pub total_time: f64,
    pub length: u64,
    pub untimed: u64,
}

/// A failure, and how often it happened.
#[derive(Clone, Debug)]
pub(crate) struct FailureRow {
    pub(crate) method: String,
    pub(crate) name: String,
    pub(crate) error: String,
    pub(crate) count: u64,
    pub(crate) first: f64,
    pub(crate) last: f64,
}

/// An exception of a user, and how often it happened.
#[derive(Clone, Debug)]
pub(crate) struct ExceptionRow {
    pub(crate) count: u64,
    pub(crate) message: String,
    pub(crate) traceback: String,
    /// The processes that it was raised in.
    pub(crate) nodes: Vec<String>,
}

/// The figures of a run at a moment.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The moment, in seconds since the epoch.
    pub now: f64,
    /// How many users there are.
    pub users: u64,
    /// Rows by name, then method.
    pub rows: Vec<Row>,
    /// All requests together.
    pub total: Row,
    /// The failures, in the order of their first occurrence.
    pub(crate) failures: Vec<FailureRow>,
    /// The exceptions, in the order of their first occurrence.
    pub(crate) exceptions: Vec<ExceptionRow>,
    /// The percentiles of the rows, from 0 to 1.
    pub percentiles: Vec<f64>,
    /// The course of the run, where the report is one of a whole run.
    pub(crate) history: Vec<Point>,
    /// The percentiles of its charts.
    pub(crate) charted: Vec<f64>,
}

impl Report {
    /// Without requests, with these percentiles.
    pub fn empty(percentiles: &[f64]) -> Self {
        let total = Row {
            name: "Aggregated".to_owned(),
            percentiles: vec![0.0; percentiles.len()],
            ..Row::default()
        };
        Self { percentiles: percentiles.to_vec(), total, ..Self::default() }
    }

    /// The same with all names and texts as `hide` leaves them.
    pub(crate) fn hidden<'a>(&'a self, hide: impl Fn(&'a str) -> Cow<'a, str>) -> Self {
        let mut shown = self.clone();
        for (row, of) in shown.rows.iter_mut().zip(&self.rows) {
            row.name = hide(&of.name).into_owned();
        }
        for (row, of) in shown.failures.iter_mut().zip(&self.failures) {
            (row.name, row.error) = (hide(&of.name).into_owned(), hide(&of.error).into_owned());
        }
        for (row, of) in shown.exceptions.iter_mut().zip(&self.exceptions) {
            (row.message, row.traceback) = (hide(&of.message).into_owned(), hide(&of.traceback).into_owned());
        }
        shown
    }

    /// The percentiles as columns: `50%`, `99.9%`.
    pub(super) fn percentile_names(&self) -> Vec<String> {
        let name = |share: &f64| {
            let percent = (share * 100.0 * 1e6).round() / 1e6;
            format!("{percent}%")
        };
        self.percentiles.iter().map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_named_as_locust_names_them() {
        let percentiles = vec![0.5, 0.66, 0.98, 0.999, 0.9999, 1.0];
        let names = Report { percentiles, ..Report::default() }.percentile_names();
        assert_eq!(names, ["50%", "66%", "98%", "99.9%", "99.99%", "100%"]);
    }
}
