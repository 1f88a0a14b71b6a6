//! Remote settings say where modules on the network come from and where they are kept.

use std::path::PathBuf;

/// Where modules on the network come from and where they are kept.
#[derive(Clone, Debug, Default)]
pub struct RemoteSettings {
    /// Whether nothing may be fetched.
    pub offline: bool,
    /// The folder of the cache; none to keep nothing.
    pub cache: Option<PathBuf>,
    /// The lock file; none to lock nothing.
    pub lock: Option<PathBuf>,
    /// Addresses that are fetched from elsewhere.
    pub mirrors: Vec<Mirror>,
}

/// An address that is fetched from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mirror {
    from: String,
    to: String,
}

impl Mirror {
    /// Reads `https://host/path=https://mirror/path`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            |why: &str| format!("'{text}' {why}: write https://jslib.k6.io=https://mirror.example/jslib");
        let (from, to) =
            text.split_once("=http").ok_or_else(|| wrong("has no '=' before the mirror's address"))?;
        let to = format!("http{to}");
        for url in [from, &to] {
            let parsed = url::Url::parse(url).map_err(|error| wrong(&format!("has no address ({error})")))?;
            if !matches!(parsed.scheme(), "http" | "https") {
                return Err(wrong("has an address that is neither http nor https"));
            }
        }
        let plain = |url: &str| url.trim_end_matches('/').to_owned();
        Ok(Self { from: plain(from), to: plain(&to) })
    }

    /// Where this mirror has what is asked for, if it has it at all.
    pub(crate) fn address(&self, url: &str) -> Option<String> {
        let rest = url.strip_prefix(&self.from)?;
        rest.starts_with('/').then(|| format!("{}{rest}", self.to))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mirrors_replace_the_beginning_of_addresses() {
        let mirror = Mirror::parse("https://jslib.k6.io/=http://127.0.0.1:8000/jslib").unwrap();
        let at = |url| mirror.address(url);
        assert_eq!(
            at("https://jslib.k6.io/a/1.js?b=c").as_deref(),
            Some("http://127.0.0.1:8000/jslib/a/1.js?b=c")
        );
        assert_eq!(at("https://jslib.k6.io.example/a.js"), None);
        assert_eq!(at("https://example.com/a.js"), None);
        for (text, why) in [
            ("https://jslib.k6.io", "has no '='"),
            ("jslib.k6.io=http://x", "has no address"),
            ("ftp://x=http://y", "neither http nor https"),
        ] {
            let error = Mirror::parse(text).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
