//! The lock file keeps the checksum of every module that a script takes from the network.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::SourceError;
use crate::source::plain;
use crate::whole::{LARGEST_SOURCE, read_text};

/// The name of the lock file, beside the script.
pub const LOCK_FILE: &str = "flashcrowd.lock";

/// The version of its format.
const VERSION: u32 = 1;

/// The file's form.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    version: u32,
    modules: BTreeMap<String, String>,
}

/// The checksums of modules by their addresses.
#[derive(Debug)]
pub(crate) struct Lock {
    path: Option<PathBuf>,
    modules: BTreeMap<String, String>,
    changed: bool,
}

impl Lock {
    /// Reads the lock file; one that is not there locks nothing yet.
    pub(crate) fn read(path: Option<&Path>) -> Result<Self, SourceError> {
        let path = path.map(Path::to_owned);
        let mut lock = Self { path, modules: BTreeMap::new(), changed: false };
        let Some(path) = &lock.path else { return Ok(lock) };
        let wrong = |reason: String| SourceError::Lock { path: path.display().to_string(), reason };
        let text = match read_text(path, LARGEST_SOURCE) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(lock),
            Err(error) => return Err(wrong(plain(&error))),
        };
        let form: Form = serde_json::from_str(&text).map_err(|error| wrong(error.to_string()))?;
        if form.version != VERSION {
            return Err(wrong(format!("its version is {}, and this program knows {VERSION}", form.version)));
        }
        lock.modules = form.modules;
        Ok(lock)
    }

    /// The checksum that a module must have.
    pub(crate) fn checksum(&self, url: &str) -> Option<&str> {
        self.modules.get(url).map(String::as_str)
    }

    /// Checks a module's content, which is locked from now on.
    pub(crate) fn admit(&mut self, url: &str, content: &[u8]) -> Result<(), SourceError> {
        let found = checksum(content);
        match self.modules.get(url) {
            Some(locked) if *locked != found => Err(SourceError::Changed {
                url: url.to_owned(),
                found,
                locked: locked.clone(),
                lock: self.path.as_deref().unwrap_or(Path::new(LOCK_FILE)).display().to_string(),
            }),
            Some(_) => Ok(()),
            None => {
                self.modules.insert(url.to_owned(), found);
                self.changed = true;
                Ok(())
            }
        }
    }

    /// Writes the file if there is something new in it, or says why that cannot be done.
    pub(crate) fn save(&mut self) -> Result<(), String> {
        let Some(path) = self.path.as_ref().filter(|_| self.changed) else { return Ok(()) };
        let form = Form { version: VERSION, modules: self.modules.clone() };
        let text = serde_json::to_string_pretty(&form).map_err(|error| error.to_string())?;
        replace(path, format!("{text}\n").as_bytes())
            .map_err(|error| format!("cannot write {}: {}", path.display(), plain(&error)))?;
        self.changed = false;
        Ok(())
    }
}

/// The checksum of a module's content.
pub(crate) fn checksum(content: &[u8]) -> String {
    let sum = Sha256::digest(content);
    sum.iter().fold("sha256-".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// Replaces a file's content at once, so that nobody ever reads half of it.
pub(crate) fn replace(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = shared(&mut tempfile::Builder::new()).tempfile_in(folder)?;
    file.write_all(content)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

/// A file that others may read as any file of this user's, not one that only its owner may.
#[cfg(unix)]
fn shared<'a, 'b>(builder: &'b mut tempfile::Builder<'a, 'a>) -> &'b mut tempfile::Builder<'a, 'a> {
    use std::os::unix::fs::PermissionsExt as _;
    builder.permissions(std::fs::Permissions::from_mode(0o666))
}

/// Elsewhere files are as their folder says.
#[cfg(not(unix))]
fn shared<'a, 'b>(builder: &'b mut tempfile::Builder<'a, 'a>) -> &'b mut tempfile::Builder<'a, 'a> {
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_content_is_locked_and_another_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        let mut lock = Lock::read(Some(&path)).unwrap();
        lock.admit("https://x.test/a.js", b"abc").unwrap();
        lock.save().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "{\n  \"version\": 1,\n  \"modules\": {\n    \"https://x.test/a.js\": \
             \"sha256-ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"\n  }\n}\n"
        );
        let mut lock = Lock::read(Some(&path)).unwrap();
        lock.admit("https://x.test/a.js", b"abc").unwrap();
        let error = lock.admit("https://x.test/a.js", b"abd").unwrap_err().to_string();
        assert!(error.contains("'https://x.test/a.js' has changed"), "{error}");
        assert!(error.contains("remove its line from"), "{error}");
    }

    #[test]
    fn a_file_that_cannot_be_understood_is_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(LOCK_FILE);
        for (text, why) in [
            ("{", "EOF while parsing"),
            (r#"{"version":2,"modules":{}}"#, "its version is 2, and this program knows 1"),
            (r#"{"version":1,"modules":{},"more":1}"#, "unknown field `more`"),
        ] {
            std::fs::write(&path, text).unwrap();
            let error = Lock::read(Some(&path)).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
    }
}
