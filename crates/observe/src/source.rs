//! A source is a place where the target reports about itself, such as its metrics endpoint or its database.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use flashcrowd_http::Shared;
use indexmap::IndexMap;

/// The values of a source at one moment, by series: `process_resident_memory_bytes` or
/// `http_requests_total{code="200"}`.
pub type Reading = IndexMap<String, f64>;

/// A reading in progress.
pub type ReadFuture<'a> = Pin<Box<dyn Future<Output = Result<Reading, SourceError>> + 'a>>;

/// A place where the target reports about itself, read once a second.
pub trait Source {
    /// Its name for people, without secrets: an address, for most.
    fn name(&self) -> &str;

    /// Is told which series are asked for, before the first reading: it keeps them, if it would leave any out. Each is a name,
    /// or a name and labels.
    fn want(&mut self, _series: &[String]) {}

    /// Takes one reading. The future is dropped when it takes too long, and the next call starts afresh. It must not
    /// block the thread, which other parts of the test share.
    fn read(&mut self) -> ReadFuture<'_>;
}

/// Why a source cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct SourceError {
    /// The name of the source, or its URL without credentials.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl SourceError {
    /// A problem of the source with that name.
    pub fn new(name: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { name: name.into(), problem: problem.into() }
    }

    /// A problem with a URL; its credentials are masked.
    pub fn of_url(url: &str, problem: impl Into<String>) -> Self {
        Self::new(without_credentials(url), problem)
    }
}

/// Makes a source for a URL. `http` has the settings of the test's client: host overrides, proxies, TLS.
pub type OpenSource = fn(url: &str, http: &Arc<Shared>) -> Result<Box<dyn Source>, SourceError>;

/// A kind of source, and how to make one from a URL.
pub struct SourceKind {
    /// Its name, such as `prometheus`.
    pub name: &'static str,
    /// The schemes of its URLs, in lower case.
    pub schemes: &'static [&'static str],
    /// What it reads, in one line for people.
    pub help: &'static str,
    /// A URL of such a source.
    pub example: &'static str,
    /// Makes a source without reading it yet.
    pub open: OpenSource,
}

impl fmt::Debug for SourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceKind")
            .field("name", &self.name)
            .field("schemes", &self.schemes)
            .finish_non_exhaustive()
    }
}

/// Masks the credentials in a URL, even in one that cannot be parsed.
fn without_credentials(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    match url[start..end].rfind('@') {
        Some(at) => format!("{}****:****{}", &url[..start], &url[start + at..]),
        None => url.to_owned(),
    }
}
