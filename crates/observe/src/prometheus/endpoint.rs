//! A Prometheus endpoint is a page of the target with its metrics as text.

use flashcrowd_http::Exchange;
use http::header;

use super::exposition::Page;
use super::series::series;
use crate::source::{ReadFuture, Reading, Source, SourceError, SourceKind};
use crate::web::Web;

/// Prometheus endpoints as a kind of source.
pub(crate) const PROMETHEUS: SourceKind = SourceKind {
    name: "prometheus",
    schemes: &["http", "https"],
    help: "Metrics in Prometheus' text format",
    example: "http://localhost:8080/metrics",
    open: |url, http| {
        let web = Web::open(url, &[url.to_owned()], http, TOO_LONG)?;
        Ok(Box::new(Prometheus { web, wanted: Vec::new() }))
    },
};

/// How much of a page is parsed; the rest of a longer one is left out.
const LONGEST: usize = 2 << 20;
/// A page that is longer than this is not even read.
const TOO_LONG: usize = 64 << 20;
/// What is asked for: plain text, not the binary form.
const ACCEPT: &str = "text/plain;version=0.0.4, application/openmetrics-text;q=0.5, */*;q=0.1";

/// A Prometheus endpoint of the target, and the connection to it.
struct Prometheus {
    web: Web,
    /// The names of series that are kept whatever else there is.
    wanted: Vec<String>,
}

impl Source for Prometheus {
    fn name(&self) -> &str {
        // Without the credentials that the address may hold.
        &self.web.pages[0].name
    }

    fn want(&mut self, series: &[String]) {
        // A series of another source has that source before its name.
        let name = |series: &String| series.split('{').next()?.rsplit(' ').next().map(str::to_owned);
        self.wanted = series.iter().filter_map(name).collect();
    }

    fn read(&mut self) -> ReadFuture<'_> {
        Box::pin(async {
            let answer = self.web.get(&self.web.pages[0], ACCEPT).await;
            kept(&answer, &self.wanted).map_err(|problem| SourceError::new(self.name(), problem))
        })
    }
}

/// The series in a response, or why it is not a page of metrics.
fn kept(answer: &Exchange, wanted: &[String]) -> Result<Reading, String> {
    if let Some(error) = &answer.error {
        return Err(error.to_string());
    }
    if answer.status != 200 {
        return Err(format!(
            "it answers {}: name the address of the target's metrics, such as http://HOST/metrics",
            answer.status_text()
        ));
    }
    let kind =
        answer.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("text/html") {
        return Err("it is a web page: name the address of the metrics behind it".to_owned());
    }
    let page = Page::read(text(&answer.body)?);
    if page.samples.is_empty() || page.malformed > page.samples.len() {
        let kind = if kind.is_empty() { String::new() } else { format!(", but {kind}") };
        return Err(format!(
            "it is not Prometheus' text format{kind}: name the address of the target's metrics"
        ));
    }
    Ok(series(&page, wanted))
}

/// The whole lines of a page, up to its limit.
fn text(body: &[u8]) -> Result<&str, String> {
    let short = match body.get(..LONGEST) {
        Some(start) => start.iter().rposition(|byte| *byte == b'\n').map_or(start, |end| &start[..end]),
        None => body,
    };
    std::str::from_utf8(short)
        .map_err(|_| "it is not text: name the address of the target's metrics".to_owned())
}
