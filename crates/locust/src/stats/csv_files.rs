//! The CSV files of a run, with Locust's names and columns: written while it runs, and right at its end.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::report::{Report, Row};

const STATS: [&str; 11] = [
    "Type",
    "Name",
    "Request Count",
    "Failure Count",
    "Median Response Time",
    "Average Response Time",
    "Min Response Time",
    "Max Response Time",
    "Average Content Size",
    "Requests/s",
    "Failures/s",
];
const HISTORY: [&str; 6] = ["Timestamp", "User Count", "Type", "Name", "Requests/s", "Failures/s"];
const HISTORY_TOTALS: [&str; 7] = [
    "Total Request Count",
    "Total Failure Count",
    "Total Median Response Time",
    "Total Average Response Time",
    "Total Min Response Time",
    "Total Max Response Time",
    "Total Average Content Size",
];
const FAILURES: [&str; 6] = ["Method", "Name", "Error", "Occurrences", "First Seen", "Last Seen"];
const EXCEPTIONS: [&str; 4] = ["Count", "Message", "Traceback", "Nodes"];

/// The four files of a run.
#[derive(Debug)]
pub struct CsvFiles {
    prefix: String,
    history: csv::Writer<File>,
    full_history: bool,
}

impl CsvFiles {
    /// Makes the files, with their folder and columns. The history has every name where that is asked for.
    pub fn create(prefix: &str, full_history: bool, empty: &Report) -> io::Result<Self> {
        if let Some(folder) = Path::new(prefix).parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder)?;
        }
        let mut history = csv::Writer::from_path(format!("{prefix}_stats_history.csv"))?;
        let names = empty.percentile_names();
        history.write_record(
            HISTORY.iter().copied().chain(names.iter().map(String::as_str)).chain(HISTORY_TOTALS),
        )?;
        history.flush()?;
        let files = Self { prefix: prefix.to_owned(), history, full_history };
        files.write_tables(empty)?;
        Ok(files)
    }

    /// Adds a line to the history, and writes the other files anew.
    pub fn write(&mut self, report: &Report) -> io::Result<()> {
        let rows: &[Row] = if self.full_history { &report.rows } else { &[] };
        for row in rows.iter().chain([&report.total]) {
            let head = [
                format!("{}", report.now.floor() as i64),
                report.users.to_string(),
                row.method.clone(),
                row.name.clone(),
                format!("{:.6}", row.current_rps),
                format!("{:.6}", row.current_fps),
            ];
            let totals = [
                row.requests.to_string(),
                row.failures.to_string(),
                number(row.median),
                number(row.average),
                number(row.min),
                number(row.max),
                number(row.average_length),
            ];
            self.history.write_record(head.into_iter().chain(percentiles(row)).chain(totals))?;
        }
        self.history.flush()?;
        self.write_tables(report)
    }

    /// The other files, each whole at any moment: a reader, or a kill, never meets half of one.
    fn write_tables(&self, report: &Report) -> io::Result<()> {
        let names = report.percentile_names();
        let head: Vec<&str> = STATS.iter().copied().chain(names.iter().map(String::as_str)).collect();
        let rows = report.rows.iter().chain([&report.total]).map(|row| {
            let own = [
                row.method.clone(),
                row.name.clone(),
                row.requests.to_string(),
                row.failures.to_string(),
                number(row.median),
                number(row.average),
                number(row.min),
                number(row.max),
                number(row.average_length),
                number(row.total_rps),
                number(row.total_fps),
            ];
            own.into_iter().chain(percentiles(row)).collect()
        });
        self.replace("stats", &head, rows)?;
        let failures = report.failures.iter().map(|one| {
            vec![
                one.method.clone(),
                one.name.clone(),
                one.error.clone(),
                one.count.to_string(),
                timestamp(one.first),
                timestamp(one.last),
            ]
        });
        self.replace("failures", &FAILURES, failures)?;
        let exceptions = report.exceptions.iter().map(|one| {
            vec![one.count.to_string(), one.message.clone(), one.traceback.clone(), "local".to_owned()]
        });
        self.replace("exceptions", &EXCEPTIONS, exceptions)
    }

    fn replace(&self, kind: &str, head: &[&str], rows: impl Iterator<Item = Vec<String>>) -> io::Result<()> {
        let path = PathBuf::from(format!("{}_{kind}.csv", self.prefix));
        let beside = PathBuf::from(format!("{}_{kind}.csv.part", self.prefix));
        let mut writer = csv::Writer::from_path(&beside)?;
        writer.write_record(head)?;
        for row in rows {
            writer.write_record(row)?;
        }
        writer.flush()?;
        drop(writer);
        std::fs::rename(beside, path)
    }
}

fn percentiles(row: &Row) -> impl Iterator<Item = String> {
    row.percentiles.iter().map(|one| match row.requests {
        0 => "N/A".to_owned(),
        _ => format!("{}", one.floor() as u64),
    })
}

/// A number as Python prints a float.
fn number(value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e15 { format!("{value:.1}") } else { format!("{value}") }
}

/// A moment as Locust writes it: `2026-11-30T13:00:00Z`.
pub(super) fn timestamp(seconds: f64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds.floor() as i64);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_numbers_have_the_usual_forms() {
        assert_eq!(timestamp(0.0), "1970-01-01T00:00:00Z");
        assert_eq!(timestamp(951_782_400.9), "2000-02-29T00:00:00Z");
        assert_eq!(timestamp(1_796_044_800.0), "2026-11-30T13:20:00Z");
        assert_eq!((number(3.0), number(0.25)), ("3.0".to_owned(), "0.25".to_owned()));
    }
}
