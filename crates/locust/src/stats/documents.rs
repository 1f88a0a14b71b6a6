//! The figures of a run as JSON, with Locust's fields, and as a page.

use maud::{DOCTYPE, Markup, PreEscaped};
use serde_json::{Value, json};

use super::chart::charts;
use super::csv_files::timestamp;
use super::report::{Report, Row};

/// The rows as JSON, with the fields of Locust's `--json`.
pub fn json(report: &Report) -> String {
    let rows: Vec<Value> = report.rows.iter().filter(|row| row.requests > 0).map(row_json).collect();
    format!("{:#}\n", Value::Array(rows))
}

fn row_json(row: &Row) -> Value {
    let times: serde_json::Map<String, Value> =
        row.times.iter().map(|(time, count)| (time.to_string(), (*count).into())).collect();
    json!({
        "name": row.name,
        "method": row.method,
        "last_request_timestamp": row.last,
        "start_time": row.start,
        "num_requests": row.requests,
        "num_none_requests": row.untimed,
        "num_failures": row.failures,
        "total_response_time": row.total_time,
        "max_response_time": row.max,
        "min_response_time": (row.requests > row.untimed).then_some(row.min),
        "total_content_length": row.length,
        "response_times": times,
    })
}

/// The figures as a page of its own, without anything from elsewhere.
pub fn html(report: &Report, title: &str) -> String {
    let (from, to) = (report.total.start, report.total.last.unwrap_or(report.total.start));
    let page = maud::html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · flashcrowd" }
                style { (PreEscaped(flashcrowd_web::STYLE)) }
            }
            body { main {
                p .kind { "flashcrowd locust" }
                h1 { (title) }
                p .note { (timestamp(from)) " to " (timestamp(to)) }
                @if !report.history.is_empty() {
                    section { h2 { "Course" } div .charts { (charts(&report.history, &report.charted)) } }
                }
                (requests(report))
                (failures(report))
                (exceptions(report))
            } }
        }
    };
    page.into_string()
}

fn requests(report: &Report) -> Markup {
    maud::html! {
        section {
            h2 { "Requests" }
            div .scroll { table {
                thead { tr {
                    th .t { "Method" } th .t { "Name" } th { "Requests" } th { "Failures" } th { "Average (ms)" } th { "Min (ms)" }
                    th { "Max (ms)" } th { "Size (bytes)" } th { "Requests/s" } th { "Failures/s" }
                    @for name in report.percentile_names() { th { (name) " (ms)" } }
                } }
                tbody {
                    @for row in &report.rows { tr { (cells(row)) } }
                    tr .total { (cells(&report.total)) }
                }
            } }
        }
    }
}

fn cells(row: &Row) -> Markup {
    maud::html! {
        td .t .m { (row.method) }
        td .t { (row.name) }
        td { (row.requests) }
        td .is-bad[row.failures > 0] { (row.failures) }
        td { (format!("{:.2}", row.average)) }
        @for one in [row.min, row.max, row.average_length] { td { (format!("{one:.0}")) } }
        @for one in [row.total_rps, row.total_fps] { td { (format!("{one:.2}")) } }
        @for one in &row.percentiles { td { (format!("{one:.0}")) } }
    }
}

fn failures(report: &Report) -> Markup {
    maud::html! {
        @if !report.failures.is_empty() {
            section {
                h2 { "Failures" }
                div .scroll { table {
                    thead { tr { th { "Count" } th .t { "Method" } th .t { "Name" } th .t { "Error" } } }
                    tbody {
                        @for one in &report.failures {
                            tr { td { (one.count) } td .t .m { (one.method) } td .t { (one.name) } td .t { (one.error) } }
                        }
                    }
                } }
            }
        }
    }
}

fn exceptions(report: &Report) -> Markup {
    maud::html! {
        @if !report.exceptions.is_empty() {
            section {
                h2 { "Exceptions" }
                div .scroll { table {
                    thead { tr { th { "Count" } th .t { "Exception" } } }
                    tbody {
                        @for one in &report.exceptions {
                            tr { td { (one.count) } td .t { (one.message) pre { (one.traceback) } } }
                        }
                    }
                } }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_text_on_the_page() {
        let row = Row { name: "/<b>\"".into(), requests: 1, ..Row::default() };
        let report = Report { rows: vec![row], ..Report::default() };
        let page = html(&report, "a & b");
        assert!(page.contains("/&lt;b&gt;&quot;") && page.contains("<h1>a &amp; b</h1>"), "{page}");
        assert!(!page.contains("/<b>"));
        assert!(json(&report).contains("\"num_requests\": 1"));
    }
}
