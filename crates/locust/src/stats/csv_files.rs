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
            self.history.write_record(head.into_iter().chain(percentiles(row)).chain(totals(row)))?;
        }
        self.history.flush()?;
        self.write_tables(report)
    }

    /// The other files, each whole at any moment: a reader, or a kill, never meets half of one.
    fn write_tables(&self, report: &Report) -> io::Result<()> {
        for table in CsvTable::ALL {
            let path = PathBuf::from(format!("{}_{}.csv", self.prefix, table.kind()));
            let beside = PathBuf::from(format!("{}_{}.csv.part", self.prefix, table.kind()));
            table.write(report, File::create(&beside)?)?;
            std::fs::rename(beside, path)?;
        }
        Ok(())
    }
}

/// A table of a report that has a file of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CsvTable {
    Stats,
    Failures,
    Exceptions,
}

impl CsvTable {
    const ALL: [Self; 3] = [Self::Stats, Self::Failures, Self::Exceptions];

    fn kind(self) -> &'static str {
        match self {
            Self::Stats => "stats",
            Self::Failures => "failures",
            Self::Exceptions => "exceptions",
        }
    }

    /// The table of a report as CSV.
    pub(crate) fn text(self, report: &Report) -> Vec<u8> {
        let mut text = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write(report, &mut text);
        text
    }

    fn write(self, report: &Report, out: impl io::Write) -> io::Result<()> {
        let mut writer = csv::Writer::from_writer(out);
        match self {
            Self::Stats => {
                let names = report.percentile_names();
                writer.write_record(STATS.iter().copied().chain(names.iter().map(String::as_str)))?;
                for row in report.rows.iter().chain([&report.total]) {
                    writer.write_record(stats(row))?;
                }
            }
            Self::Failures => {
                writer.write_record(FAILURES)?;
                for one in &report.failures {
                    let count = one.count.to_string();
                    let (first, last) = (timestamp(one.first), timestamp(one.last));
                    writer.write_record([&one.method, &one.name, &one.error, &count, &first, &last])?;
                }
            }
            Self::Exceptions => {
                writer.write_record(EXCEPTIONS)?;
                for one in &report.exceptions {
                    let nodes = one.nodes.join(", ");
                    writer.write_record([&one.count.to_string(), &one.message, &one.traceback, &nodes])?;
                }
            }
        }
        writer.flush()
    }
}

fn stats(row: &Row) -> Vec<String> {
    let head = [row.method.clone(), row.name.clone()];
    let rates = [number(row.total_rps), number(row.total_fps)];
    head.into_iter().chain(totals(row)).chain(rates).chain(percentiles(row)).collect()
}

fn totals(row: &Row) -> [String; 7] {
    [
        row.requests.to_string(),
        row.failures.to_string(),
        number(row.median),
        number(row.average),
        number(row.min),
        number(row.max),
        number(row.average_length),
    ]
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
pub(crate) fn timestamp(seconds: f64) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(seconds.floor() as i64);
    moment.ok().and_then(|moment| moment.format(&Rfc3339).ok()).unwrap_or_default()
}

/// The same as a part of a file's name.
pub(crate) fn file_time(seconds: f64) -> String {
    timestamp(seconds).replace(':', "-")
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
