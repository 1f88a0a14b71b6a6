//! The cache keeps modules on disk: contents by their checksums, and for each address the checksum of its content.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lock::{checksum, replace};

/// What was fetched from an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The address that was asked for.
    pub(crate) url: String,
    /// The address after redirects, which relative imports start from.
    pub(crate) base: String,
    /// The checksum of the content.
    pub(crate) checksum: String,
}

/// The cache in one folder.
#[derive(Clone, Debug)]
pub(crate) struct Cache(Option<PathBuf>);

impl Cache {
    /// The cache in this folder; without one nothing is kept.
    pub(crate) fn new(folder: Option<&Path>) -> Self {
        Self(folder.map(Path::to_owned))
    }

    /// What was fetched from an address the last time, with its content.
    pub(crate) fn find(&self, url: &str) -> Option<(Entry, Vec<u8>)> {
        let folder = self.0.as_deref()?;
        let text = std::fs::read_to_string(folder.join(named(url))).ok()?;
        let entry: Entry = serde_json::from_str(&text).ok()?;
        let content = std::fs::read(folder.join(&entry.checksum)).ok()?;
        // What was damaged on disk is as good as not there.
        (entry.url == url && checksum(&content) == entry.checksum).then_some((entry, content))
    }

    /// Keeps what was fetched, or says why that cannot be done.
    pub(crate) fn keep(&self, url: &str, base: &str, content: &[u8]) -> std::io::Result<()> {
        let Some(folder) = self.0.as_deref() else { return Ok(()) };
        std::fs::create_dir_all(folder)?;
        let entry = Entry { url: url.to_owned(), base: base.to_owned(), checksum: checksum(content) };
        replace(&folder.join(&entry.checksum), content)?;
        replace(&folder.join(named(url)), serde_json::to_string(&entry)?.as_bytes())
    }
}

/// The name of the file about an address.
fn named(url: &str) -> String {
    format!("{}.json", checksum(url.as_bytes()).replace("sha256-", "url-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_found_unless_it_is_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::new(Some(&folder.path().join("modules")));
        let url = "https://x.test/a.js";
        assert_eq!(cache.find(url), None);
        cache.keep(url, "https://x.test/b.js", b"abc").unwrap();
        let (entry, content) = cache.find(url).unwrap();
        assert_eq!((entry.base.as_str(), content.as_slice()), ("https://x.test/b.js", &b"abc"[..]));
        std::fs::write(folder.path().join("modules").join(checksum(b"abc")), "abd").unwrap();
        assert_eq!(cache.find(url), None);
    }

    #[test]
    fn without_a_folder_nothing_is_kept() {
        let cache = Cache::new(None);
        cache.keep("https://x.test/a.js", "https://x.test/a.js", b"abc").unwrap();
        assert_eq!(cache.find("https://x.test/a.js"), None);
    }
}
