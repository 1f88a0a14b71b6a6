//! The table of requests, the percentiles and the failures, as text.

use std::fmt::Write as _;

use super::report::{Report, Row};

/// The narrowest and the widest column of names.
const WIDTHS: (usize, usize) = (20, 80);

/// The table of requests as it is printed while the test runs: rates are those of the last seconds.
pub fn text_table(report: &Report) -> String {
    table(report, |row| (row.current_rps, row.current_fps))
}

/// The table at the end: rates are those of the whole run; with percentiles, failures and exceptions.
pub fn text_report(report: &Report) -> String {
    let mut text = table(report, |row| (row.total_rps, row.total_fps));
    percentiles(report, &mut text);
    if !report.failures.is_empty() {
        text.push_str("\nFailures\n");
        for one in &report.failures {
            let _ = writeln!(text, "{:>9}  {} {}: {}", one.count, one.method, one.name, one.error);
        }
    }
    if !report.exceptions.is_empty() {
        text.push_str("\nExceptions\n");
        for one in &report.exceptions {
            let _ = writeln!(text, "{:>9}  {}", one.count, one.message);
        }
    }
    text
}

fn name_width(report: &Report) -> usize {
    let longest = report.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or_default();
    longest.clamp(WIDTHS.0, WIDTHS.1)
}

fn cut(name: &str, width: usize) -> String {
    match name.chars().count() > width {
        true => name.chars().take(width - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

fn table(report: &Report, rates: impl Fn(&Row) -> (f64, f64)) -> String {
    let width = name_width(report);
    let mut text = format!(
        "{:<8} {:<width$} {:>9} {:>14} | {:>7} {:>7} {:>7} {:>7} | {:>9} {:>10}\n",
        "Type", "Name", "Requests", "Failures", "Avg", "Min", "Max", "Med", "req/s", "failures/s"
    );
    let line = "-".repeat(text.chars().count() - 1);
    let _ = writeln!(text, "{line}");
    for row in report.rows.iter().chain([&report.total]) {
        if std::ptr::eq(row, &report.total) {
            let _ = writeln!(text, "{line}");
        }
        let share = if row.requests == 0 { 0.0 } else { row.failures as f64 * 100.0 / row.requests as f64 };
        let (rps, fps) = rates(row);
        let _ = writeln!(
            text,
            "{:<8} {:<width$} {:>9} {:>14} | {:>7.0} {:>7.0} {:>7.0} {:>7.0} | {:>9.2} {:>10.2}",
            row.method,
            cut(&row.name, width),
            row.requests,
            format!("{} ({share:.2}%)", row.failures),
            row.average,
            row.min,
            row.max,
            row.median,
            rps,
            fps,
        );
    }
    text
}

fn percentiles(report: &Report, text: &mut String) {
    if report.total.requests == 0 {
        return;
    }
    let width = name_width(report);
    let _ = write!(text, "\nResponse time percentiles in ms\n{:<8} {:<width$}", "Type", "Name");
    for name in report.percentile_names() {
        let _ = write!(text, " {name:>7}");
    }
    text.push('\n');
    for row in report.rows.iter().chain([&report.total]).filter(|row| row.requests > 0) {
        let _ = write!(text, "{:<8} {:<width$}", row.method, cut(&row.name, width));
        for one in &row.percentiles {
            let _ = write!(text, " {one:>7.0}");
        }
        text.push('\n');
    }
}
