//! A PromQL server, such as Prometheus, Mimir or VictoriaMetrics, answers queries with the values of now.
//!
//! `promql:http://HOST:9090?query=node_load1` keeps the names of the series; `?NAME=EXPRESSION` gives the result that name.
//! Both may be repeated.

use serde_json::Value;

use crate::source::{ReadFuture, Reading, Source, SourceError, SourceKind};
use crate::web::Web;

/// PromQL servers as a kind of source.
pub(crate) const PROMQL: SourceKind = SourceKind {
    name: "promql",
    schemes: &["promql"],
    help: "A server that answers PromQL queries, each by ?query=EXPRESSION or ?NAME=EXPRESSION",
    example: "promql:http://localhost:9090?query=node_load1",
    open: |url, http| {
        let wrong = |problem: &str| SourceError::of_url(url, problem);
        let (bare, query) = url.split_once('?').ok_or_else(|| wrong(NO_QUERY))?;
        let base = bare.split_once(':').map_or("", |(_, base)| base).trim_end_matches('/');
        if !base.starts_with("http://") && !base.starts_with("https://") {
            return Err(wrong(NO_QUERY));
        }
        let (mut names, mut addresses) = (Vec::new(), Vec::new());
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, expression) = part.split_once('=').ok_or_else(|| wrong(NO_QUERY))?;
            if !is_name(name) {
                return Err(wrong(&format!(
                    "'{name}' cannot be the name of a series: use letters, digits and _"
                )));
            }
            names.push(Some(name.to_owned()).filter(|name| name != "query"));
            addresses.push(format!("{base}/api/v1/query?query={}", encoded(expression)));
        }
        if names.is_empty() {
            return Err(wrong(NO_QUERY));
        }
        let web = Web::open(url, &addresses, http, TOO_LONG)?;
        Ok(Box::new(PromQl { name: SourceError::of_url(bare, "").name, names, web }))
    },
};

const NO_QUERY: &str = "write the server and a query, such as promql:http://localhost:9090?query=node_load1";

/// A longer answer is not read.
const TOO_LONG: usize = 4 << 20;

/// How many series of one query are kept.
const MOST: usize = 100;

struct PromQl {
    name: String,
    /// The name of each query's results, if one was given.
    names: Vec<Option<String>>,
    web: Web,
}

impl Source for PromQl {
    fn name(&self) -> &str {
        &self.name
    }

    fn read(&mut self) -> ReadFuture<'_> {
        Box::pin(async {
            let mut reading = Reading::new();
            for (page, name) in self.web.pages.iter().zip(&self.names) {
                let answer = self.web.json(page, "error").await;
                let result = answer.and_then(|answer| series(&answer, name.as_deref()));
                reading.extend(result.map_err(|problem| SourceError::new(&self.name, problem))?);
            }
            Ok(reading)
        })
    }
}

/// The series of an answer, under the name that was given or their own. Values that are not finite are left out.
fn series(answer: &Value, name: Option<&str>) -> Result<Reading, String> {
    let data = answer.get("data").ok_or("its answer is not that of a PromQL server")?;
    let value = |of: &Value| of.get(1)?.as_str()?.parse::<f64>().ok().filter(|value| value.is_finite());
    let result = data.get("result").unwrap_or(&Value::Null);
    match data.get("resultType").and_then(Value::as_str) {
        Some("scalar") => {
            Ok(value(result).map(|value| (name.unwrap_or("scalar").to_owned(), value)).into_iter().collect())
        }
        Some("vector") => {
            let rows = result.as_array().map(Vec::as_slice).unwrap_or_default();
            if rows.len() > MOST {
                return Err(format!("a query has {} results: use one with at most {MOST}", rows.len()));
            }
            let row = |row: &Value| Some((key(row.get("metric")?, name), value(row.get("value")?)?));
            Ok(rows.iter().filter_map(row).collect())
        }
        _ => {
            Err("a query has no value of now: leave out the range, or use a function such as rate()"
                .to_owned())
        }
    }
}

/// The name and labels of a result.
fn key(metric: &Value, name: Option<&str>) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let own = metric.get("__name__").map(text);
    let name = name.map(str::to_owned).or(own).unwrap_or_else(|| "query".to_owned());
    let labels = metric.as_object().into_iter().flatten().filter(|(label, _)| *label != "__name__");
    let labels: Vec<String> = labels.map(|(label, value)| format!("{label}={value}")).collect();
    if labels.is_empty() { name } else { format!("{name}{{{}}}", labels.join(",")) }
}

/// An expression as a part of an address, whether it was encoded before or not.
fn encoded(expression: &str) -> String {
    let mut text = String::new();
    for (at, byte) in expression.bytes().enumerate() {
        let is_code = byte == b'%'
            && expression
                .as_bytes()
                .get(at + 1..at + 3)
                .is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(byte))
            }
            b'%' if is_code => text.push('%'),
            _ => text += &format!("%{byte:02X}"),
        }
    }
    text
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_become_series() {
        let vector = json!({"data": {"resultType": "vector", "result": [
            {"metric": {"__name__": "up", "job": "sh\"op"}, "value": [1, "1"]},
            {"metric": {}, "value": [1, "NaN"]},
        ]}});
        assert_eq!(series(&vector, None), Ok([("up{job=\"sh\\\"op\"}".to_owned(), 1.0)].into()));
        assert_eq!(series(&vector, Some("there")), Ok([("there{job=\"sh\\\"op\"}".to_owned(), 1.0)].into()));
        let scalar = json!({"data": {"resultType": "scalar", "result": [1, "2.5"]}});
        assert_eq!(series(&scalar, Some("two")), Ok([("two".to_owned(), 2.5)].into()));
        let matrix = json!({"data": {"resultType": "matrix", "result": []}});
        assert!(series(&matrix, None).unwrap_err().contains("range"));
        assert!(series(&json!([]), None).is_err());
    }

    #[test]
    fn expressions_are_encoded_once() {
        assert_eq!(encoded("sum(rate(a[1m]))+b"), "sum%28rate%28a%5B1m%5D%29%29%2Bb");
        assert_eq!(encoded("a%2Cb%"), "a%2Cb%25");
    }
}
