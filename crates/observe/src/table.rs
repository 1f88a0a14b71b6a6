//! The table of sources maps the scheme of a URL to a kind of source.

use std::sync::Arc;

use flashcrowd_http::Shared;
use flashcrowd_text::nearest_within;

use crate::prometheus::PROMETHEUS;
use crate::promql::PROMQL;
use crate::rabbitmq::RABBITMQ;
use crate::redis::REDIS;
use crate::source::{Source, SourceError, SourceKind};
use crate::sql::{MYSQL, POSTGRES};
#[cfg(target_os = "linux")]
use crate::system::{CGROUP, HOST, PROCESS};

/// All kinds of sources.
pub static SOURCES: &[SourceKind] = &[
    PROMETHEUS,
    REDIS,
    MYSQL,
    POSTGRES,
    RABBITMQ,
    PROMQL,
    #[cfg(target_os = "linux")]
    HOST,
    #[cfg(target_os = "linux")]
    PROCESS,
    #[cfg(target_os = "linux")]
    CGROUP,
];

/// Makes the source for a URL, without reading it yet.
pub fn open(url: &str, http: &Arc<Shared>) -> Result<Box<dyn Source>, SourceError> {
    (find(url)?.open)(url, http)
}

/// Makes the sources for several URLs, and the errors of those that cannot be made.
pub fn open_all(urls: &[String], http: &Arc<Shared>) -> (Vec<Box<dyn Source>>, Vec<SourceError>) {
    let (mut sources, mut failed) = (Vec::new(), Vec::new());
    for url in urls {
        match open(url, http) {
            Ok(source) => sources.push(source),
            Err(error) => failed.push(error),
        }
    }
    (sources, failed)
}

/// The kind of source for a URL, by its scheme. The error lists the known ones.
pub fn find(url: &str) -> Result<&'static SourceKind, SourceError> {
    let scheme = scheme(url).unwrap_or(url).to_ascii_lowercase();
    let has = |kind: &&SourceKind| kind.schemes.contains(&scheme.as_str());
    SOURCES.iter().find(has).ok_or_else(|| SourceError::of_url(url, unknown(url)))
}

/// The part before the first colon, if it is a legal scheme.
fn scheme(url: &str) -> Option<&str> {
    let (scheme, _) = url.split_once(':')?;
    let is_legal = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    (scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_legal)).then_some(scheme)
}

/// What is wrong with a URL that is of no known kind.
fn unknown(url: &str) -> String {
    let known = || SOURCES.iter().flat_map(|kind| kind.schemes.iter().copied());
    let scheme = scheme(url).filter(|_| url.contains("://"));
    let word = scheme.unwrap_or(url);
    // Schemes are short and resemble each other: ftp is no typing error of http.
    let most = 1.max(word.chars().count() / 3);
    let near = nearest_within(word, most, known()).filter(|_| !word.is_empty());
    let near = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    match scheme {
        Some(scheme) => {
            let all: Vec<&str> = known().collect();
            format!("unknown scheme '{scheme}': use one of {}{near}", all.join(", "))
        }
        None => {
            let examples: Vec<&str> = SOURCES.iter().map(|kind| kind.example).collect();
            format!("this is no source{near}; write one such as {}", examples.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_kind_is_documented_and_has_schemes_of_its_own() {
        let (mut names, mut schemes) = (HashSet::new(), HashSet::new());
        for kind in SOURCES {
            assert!(names.insert(kind.name), "{} is there twice", kind.name);
            assert!(!kind.name.is_empty() && !kind.help.is_empty() && !kind.help.ends_with('.'), "{kind:?}");
            assert!(!kind.schemes.is_empty(), "{kind:?}");
            for scheme in kind.schemes {
                assert!(schemes.insert(scheme), "{scheme} is there twice");
                assert_eq!(*scheme, scheme.to_ascii_lowercase());
            }
            assert_eq!(find(kind.example).unwrap().name, kind.name);
        }
    }

    #[test]
    fn schemes_are_found_in_any_case() {
        for url in ["http://shop/metrics", "HTTPS://shop/metrics", "http://"] {
            assert_eq!(find(url).unwrap().name, "prometheus", "{url}");
        }
    }

    #[test]
    fn unknown_schemes_are_answered_with_the_known_ones() {
        let answer = |url: &str| find(url).unwrap_err().to_string();
        let known = "use one of http, https, redis, rediss, mysql, mariadb, postgres, postgresql";
        assert!(answer("htp://shop").starts_with(&format!("htp://shop: unknown scheme 'htp': {known}")));
        assert!(answer("htp://shop").ends_with("; did you mean http?"));
        assert!(answer("ftp://me:s3cret@shop/x").starts_with("ftp://****:****@shop/x: unknown scheme 'ftp'"));
        assert!(!answer("ftp://shop/metrics").contains("did you mean"));
        let example = "write one such as http://localhost:8080/metrics, redis://localhost:6379/0?keys=lock:*";
        for (url, start) in [
            ("me:s3cret@shop:8080", "****:****@shop:8080: this is no source; "),
            ("localhost:8080/metrics", "localhost:8080/metrics: this is no source; "),
            ("hosts", "hosts: this is no source; did you mean host?; "),
            ("", ": this is no source; "),
        ] {
            assert!(answer(url).starts_with(&format!("{start}{example}")), "{}", answer(url));
        }
    }
}
