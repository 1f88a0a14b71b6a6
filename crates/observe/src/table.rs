//! The table of sources maps the scheme of a URL to a kind of source.

use std::sync::Arc;

use flashcrowd_http::Shared;
use flashcrowd_text::nearest_within;

use crate::prometheus::PROMETHEUS;
use crate::source::{Source, SourceError, SourceKind};

/// All kinds of sources.
pub static SOURCES: &[SourceKind] = &[PROMETHEUS];

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
    let scheme = scheme(url).map(str::to_ascii_lowercase);
    let has = |kind: &&SourceKind| scheme.as_deref().is_some_and(|scheme| kind.schemes.contains(&scheme));
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
    let Some(scheme) = scheme(url).filter(|_| url.contains("://")) else {
        let examples: Vec<&str> = SOURCES.iter().map(|kind| kind.example).collect();
        return format!("this is not a URL: write one such as {}", examples.join(" or "));
    };
    let all: Vec<String> = known().map(|known| format!("{known}://")).collect();
    // Schemes are short and resemble each other: ftp is no typing error of http.
    let most = 1.max(scheme.chars().count() / 3);
    let near = nearest_within(scheme, most, known());
    let near = near.map(|near| format!("; did you mean {near}://?")).unwrap_or_default();
    format!("unknown scheme '{scheme}': use {}{near}", all.join(" or "))
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
        let cases = [
            (
                "htp://shop",
                "htp://shop: unknown scheme 'htp': use http:// or https://; did you mean http://?",
            ),
            ("ftp://shop/metrics", "ftp://shop/metrics: unknown scheme 'ftp': use http:// or https://"),
            (
                "redis://me:s3cret@shop:6379/0?x=@",
                "redis://****:****@shop:6379/0?x=@: unknown scheme 'redis': use http:// or https://",
            ),
            (
                "me:s3cret@shop:8080",
                "****:****@shop:8080: this is not a URL: write one such as http://localhost:8080/metrics",
            ),
            (
                "localhost:8080/metrics",
                "localhost:8080/metrics: this is not a URL: write one such as http://localhost:8080/metrics",
            ),
            ("", ": this is not a URL: write one such as http://localhost:8080/metrics"),
        ];
        for (url, expected) in cases {
            assert_eq!(find(url).unwrap_err().to_string(), expected, "{url}");
        }
    }
}
