//! The figures of a run as JSON, with Locust's fields, and as a page.

use std::fmt::Write as _;

use serde_json::{Value, json};

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
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title><style>\
         body{{font:15px system-ui,sans-serif;margin:2rem;color:#222}}table{{border-collapse:collapse;margin:1rem 0}}\
         td,th{{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}}td.t,th.t{{text-align:left}}\
         pre{{white-space:pre-wrap;text-align:left;margin:0}}</style></head><body><h1>{0}</h1><p>{1} to {2}</p>",
        escaped(title),
        timestamp(report.total.start),
        timestamp(report.total.last.unwrap_or(report.total.start)),
    );
    rows(report, &mut page);
    if !report.failures.is_empty() {
        page.push_str(
            "<h2>Failures</h2><table><tr><th class=t>Method<th class=t>Name<th class=t>Error<th>Occurrences",
        );
        for one in &report.failures {
            let (method, name, error) = (escaped(&one.method), escaped(&one.name), escaped(&one.error));
            let _ = write!(
                page,
                "<tr><td class=t>{method}<td class=t>{name}<td class=t>{error}<td>{}",
                one.count
            );
        }
        page.push_str("</table>");
    }
    if !report.exceptions.is_empty() {
        page.push_str("<h2>Exceptions</h2><table><tr><th>Count<th class=t>Message<th class=t>Traceback");
        for one in &report.exceptions {
            let (message, traceback) = (escaped(&one.message), escaped(&one.traceback));
            let _ =
                write!(page, "<tr><td>{}<td class=t>{message}<td class=t><pre>{traceback}</pre>", one.count);
        }
        page.push_str("</table>");
    }
    page.push_str("</body></html>\n");
    page
}

fn rows(report: &Report, page: &mut String) {
    page.push_str(
        "<h2>Requests</h2><table><tr><th class=t>Method<th class=t>Name<th>Requests<th>Failures<th>Average (ms)<th>Min (ms)\
         <th>Max (ms)<th>Average size (bytes)<th>Requests/s<th>Failures/s",
    );
    for name in report.percentile_names() {
        let _ = write!(page, "<th>{name} (ms)");
    }
    for row in report.rows.iter().chain([&report.total]) {
        let _ = write!(
            page,
            "<tr><td class=t>{}<td class=t>{}<td>{}<td>{}<td>{:.2}<td>{:.0}<td>{:.0}<td>{:.0}<td>{:.2}<td>{:.2}",
            escaped(&row.method),
            escaped(&row.name),
            row.requests,
            row.failures,
            row.average,
            row.min,
            row.max,
            row.average_length,
            row.total_rps,
            row.total_fps,
        );
        for one in &row.percentiles {
            let _ = write!(page, "<td>{one:.0}");
        }
    }
    page.push_str("</table>");
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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
        assert!(!page.contains("<b>"));
        assert!(json(&report).contains("\"num_requests\": 1"));
    }
}
