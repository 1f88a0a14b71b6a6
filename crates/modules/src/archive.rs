//! An archive is a script with everything that it reads, in one file, as k6 makes it: a tar.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::Arc;

use serde_json::{Value, json};
use thiserror::Error;

/// How many files an archive may have.
const MOST_FILES: usize = 100_000;

/// Why a file is no archive.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ArchiveError {
    /// It is no tar.
    #[error("it is no archive: {0}")]
    Tar(String),
    /// It has no description of its script.
    #[error("it is no archive of a script: it has no metadata.json ({0})")]
    Metadata(String),
    /// Its script is missing.
    #[error("the archive has no script: {0} is not in it")]
    Script(String),
    /// It has more files than any script reads.
    #[error("the archive has more than {MOST_FILES} files")]
    TooMany,
}

/// A script with everything that it reads.
#[derive(Clone, Debug, PartialEq)]
pub struct Archive {
    /// The module name of the script.
    pub entry: String,
    /// Its options, as they were when it was archived.
    pub options: Value,
    /// The variables that it sees.
    pub env: BTreeMap<String, String>,
    /// Every file by its address.
    pub files: BTreeMap<String, Arc<[u8]>>,
}

impl Archive {
    /// Reads an archive.
    pub fn read(bytes: &[u8]) -> Result<Self, ArchiveError> {
        let wrong = |error: std::io::Error| ArchiveError::Tar(error.to_string());
        let (mut files, mut metadata, mut data) = (BTreeMap::new(), None, None);
        let mut tar = tar::Archive::new(bytes);
        for entry in tar.entries().map_err(wrong)? {
            let mut entry = entry.map_err(wrong)?;
            if !entry.header().entry_type().is_file() {
                continue;
            }
            let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            // A size that the archive does not have takes no memory.
            let mut content = Vec::with_capacity(usize::try_from(entry.size()).unwrap_or(0).min(bytes.len()));
            entry.read_to_end(&mut content).map_err(wrong)?;
            match path.trim_start_matches("./") {
                "metadata.json" => metadata = Some(content),
                "data" => data = Some(content),
                path => {
                    if let Some(name) = address(path) {
                        files.insert(name, Arc::from(content));
                    }
                }
            }
            if files.len() > MOST_FILES {
                return Err(ArchiveError::TooMany);
            }
        }
        let metadata = metadata.ok_or_else(|| {
            ArchiveError::Metadata("k6 archive and flashcrowd archive write one".to_owned())
        })?;
        let metadata: Value =
            serde_json::from_slice(&metadata).map_err(|error| ArchiveError::Metadata(error.to_string()))?;
        let entry = metadata["filename"].as_str().unwrap_or_default();
        // Before k6 0.24 a file had no scheme.
        let entry = if entry.starts_with('/') { format!("file://{entry}") } else { entry.to_owned() };
        // By the same rules as the files, so that it is one of them.
        let entry = path(&entry).and_then(|path| address(&path)).ok_or(ArchiveError::Script(entry))?;
        if !files.contains_key(&entry) {
            let data = data.ok_or_else(|| ArchiveError::Script(entry.clone()))?;
            files.insert(entry.clone(), Arc::from(data));
        }
        let env = metadata["env"].as_object().into_iter().flatten();
        let env = env.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
        Ok(Self { entry, options: metadata["options"].clone(), env, files })
    }

    /// Writes the archive. Equal ones have equal bytes.
    pub fn write(&self) -> std::io::Result<Vec<u8>> {
        let folder = self.entry.rsplit_once('/').map_or("file:///", |(folder, _)| folder);
        let metadata = json!({
            "type": "js",
            "options": self.options,
            "filename": self.entry,
            "pwd": format!("{folder}/"),
            "env": self.env,
            "compatibilityMode": "extended",
            "flashcrowdversion": env!("CARGO_PKG_VERSION"),
            "goos": std::env::consts::OS,
        });
        let mut tar = tar::Builder::new(Vec::new());
        let mut add = |path: &str, content: &[u8]| {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            tar.append_data(&mut header, path, content)
        };
        add("metadata.json", format!("{metadata:#}\n").as_bytes())?;
        add("data", self.files.get(&self.entry).map_or(&[], |script| script))?;
        for (name, content) in &self.files {
            if let Some(path) = path(name) {
                add(&path, content)?;
            }
        }
        tar.into_inner()
    }
}

/// The address of a file in an archive: `file/a/b.js` is `file:///a/b.js`, `https/host/b.js` is `https://host/b.js`. None
/// where it would lie outside.
fn address(path: &str) -> Option<String> {
    let (scheme, rest) = path.split_once('/')?;
    let head = match scheme {
        "file" => "file:///",
        "https" => "https://",
        "http" => "http://",
        _ => return None,
    };
    let parts: Vec<&str> = rest.split('/').filter(|part| !matches!(*part, "" | ".")).collect();
    let is_inside = !parts.is_empty() && parts.iter().all(|part| *part != ".." && !part.contains('\0'));
    is_inside.then(|| format!("{head}{}", parts.join("/")))
}

fn path(name: &str) -> Option<String> {
    let (scheme, rest) = name.split_once("://")?;
    Some(format!("{scheme}/{}", rest.trim_start_matches('/')))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive() -> Archive {
        let files = [
            ("file:///home/a/s.js", "import './lib/b.js'"),
            ("file:///home/a/lib/b.js", "1"),
            ("https://jslib.k6.io/x/1.0/index.js", "2"),
        ];
        Archive {
            entry: "file:///home/a/s.js".to_owned(),
            options: json!({ "vus": 3 }),
            env: BTreeMap::from([("A".to_owned(), "b".to_owned())]),
            files: files
                .iter()
                .map(|(name, text)| ((*name).to_owned(), Arc::from(text.as_bytes())))
                .collect(),
        }
    }

    #[test]
    fn an_archive_is_read_as_it_was_written() {
        let written = archive().write().unwrap();
        assert_eq!(Archive::read(&written).unwrap(), archive());
        assert_eq!(written, archive().write().unwrap());
    }

    #[test]
    fn one_of_an_old_k6_is_read_too() {
        let mut tar = tar::Builder::new(Vec::new());
        let metadata =
            r#"{"type":"js","options":{"vus":2},"filename":"/path/s.js","pwd":"/path","env":{"A":"b"}}"#;
        for (path, text) in
            [("metadata.json", metadata), ("data", "the script"), ("file/path/b.js", "1"), ("other", "x")]
        {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            tar.append_data(&mut header, path, text.as_bytes()).unwrap();
        }
        let archive = Archive::read(&tar.into_inner().unwrap()).unwrap();
        assert_eq!((archive.entry.as_str(), archive.files.len()), ("file:///path/s.js", 2));
        assert_eq!(&*archive.files["file:///path/s.js"], b"the script");
    }

    #[test]
    fn a_script_outside_of_the_archive_is_none() {
        let mut archive = archive();
        for entry in ["file:///../s.js", "file:///a/../../s.js", "file:///", "file:///a\0b.js", "s.js"] {
            archive.entry = entry.to_owned();
            let read = Archive::read(&archive.write().unwrap());
            assert!(matches!(read, Err(ArchiveError::Script(_))), "{entry}: {read:?}");
        }
        archive.entry = "file:///home/./a//s.js".to_owned();
        assert_eq!(Archive::read(&archive.write().unwrap()).unwrap().entry, "file:///home/a/s.js");
    }

    #[test]
    fn what_is_no_archive_says_so() {
        let written = archive().write().unwrap();
        for bytes in [&b""[..], b"not a tar", &written[..600], &[0xff; 2048]] {
            assert!(Archive::read(bytes).is_err(), "{} bytes", bytes.len());
        }
        let mut broken = written.clone();
        broken[600] = b'}';
        assert!(matches!(Archive::read(&broken), Err(ArchiveError::Metadata(_))));
    }
}
