//! The exposition is the text format in which a program exposes its metrics to Prometheus. It is parsed line by line.
//!
//! It is parsed here and not by a crate: the most popular one splits labels at every comma and brace, and so loses
//! `uri="/product/{id}"`, which every Spring application has; the others are abandoned or under the LGPL.

use std::collections::HashMap;

/// The type of a metric, as its TYPE line states it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MetricType {
    Counter,
    Gauge,
    Histogram,
    Summary,
    Unknown,
}

/// One line with a value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample<'a> {
    pub(crate) name: &'a str,
    /// The text between the braces: `pool="main"`; empty without braces.
    pub(crate) labels: &'a str,
    pub(crate) value: f64,
}

/// A whole page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Page<'a> {
    pub(crate) types: HashMap<&'a str, MetricType>,
    pub(crate) samples: Vec<Sample<'a>>,
    /// How many lines are neither samples nor comments.
    pub(crate) malformed: usize,
}

impl<'a> Page<'a> {
    /// Parses a page; lines that are not in the format are counted and skipped.
    pub(crate) fn read(text: &'a str) -> Self {
        let mut page = Self::default();
        for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Some(comment) = line.strip_prefix('#') {
                page.types.extend(metric_type(comment));
            } else if let Some(sample) = sample(line) {
                page.samples.push(sample);
            } else {
                page.malformed += 1;
            }
        }
        page
    }
}

/// Reads ` TYPE http_requests_total counter`.
fn metric_type(comment: &str) -> Option<(&str, MetricType)> {
    let mut words = comment.split_whitespace();
    if words.next() != Some("TYPE") {
        return None;
    }
    let name = words.next()?;
    let metric_type = match words.next()? {
        "counter" => MetricType::Counter,
        "gauge" => MetricType::Gauge,
        "histogram" | "gaugehistogram" => MetricType::Histogram,
        "summary" => MetricType::Summary,
        _ => MetricType::Unknown,
    };
    Some((name, metric_type))
}

/// Reads `name{label="value"} 1.5`; a timestamp or an exemplar after it is ignored.
fn sample(line: &str) -> Option<Sample<'_>> {
    let end = line.find(|c: char| c == '{' || c.is_whitespace())?;
    let (name, rest) = line.split_at(end);
    if !is_name(name) {
        return None;
    }
    let (labels, rest) = match rest.trim_start().strip_prefix('{') {
        Some(inside) => {
            let end = end_of_labels(inside)?;
            (inside[..end].trim().trim_end_matches(',').trim_end(), &inside[end + 1..])
        }
        None => ("", rest),
    };
    let value = rest.split_whitespace().next()?.parse().ok()?;
    (labels.is_empty() || (labels.contains('=') && labels.ends_with('"'))).then_some(Sample {
        name,
        labels,
        value,
    })
}

fn is_name(text: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphabetic() || c == '_' || c == ':';
    text.starts_with(is_letter) && text.chars().all(|c| is_letter(c) || c.is_ascii_digit())
}

/// The position of the brace that closes the labels; braces inside quoted values do not count.
fn end_of_labels(text: &str) -> Option<usize> {
    let (mut quoted, mut escaped) = (false, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '}' if !quoted => return Some(at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_programs_write_them() {
        let cases = [
            ("up 1", Some(("up", "", 1.0))),
            ("process_cpu_seconds_total\t12.5 1700000000000", Some(("process_cpu_seconds_total", "", 12.5))),
            (r#"a{uri="/product/{id}",} 3e2"#, Some(("a", r#"uri="/product/{id}""#, 300.0))),
            (r#"a { q = "x" } 3"#, Some(("a", r#"q = "x""#, 3.0))),
            (r#"a{q="say \"}\"" , b="ü"} -0.5"#, Some(("a", r#"q="say \"}\"" , b="ü""#, -0.5))),
            (r#"a_bucket{le="1"} 5 # {trace="x"} 0.7"#, Some(("a_bucket", r#"le="1""#, 5.0))),
            ("job:rate:5m 0", Some(("job:rate:5m", "", 0.0))),
            ("a{} 1", Some(("a", "", 1.0))),
            ("a{b} 1", None),
            (r#"a{b="c" 1"#, None),
            ("2xx 5", None),
            ("a five", None),
        ];
        for (line, expected) in cases {
            let read = sample(line).map(|sample| (sample.name, sample.labels, sample.value));
            assert_eq!(read, expected, "{line}");
        }
        assert!(sample("a NaN").is_some_and(|sample| sample.value.is_nan()));
        assert_eq!(sample("a +Inf").map(|sample| sample.value), Some(f64::INFINITY));
    }

    #[test]
    fn a_page_has_types_and_a_count_of_malformed_lines() {
        let page = Page::read("# HELP a b\n# TYPE a counter\r\na 1\n\n<p>\n# EOF\n# TYPE\nb 2");
        assert_eq!(page.types.get("a"), Some(&MetricType::Counter));
        assert_eq!((page.types.len(), page.samples.len(), page.malformed), (1, 2, 1));
    }
}
