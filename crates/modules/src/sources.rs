//! Sources are all files of a script by their module names, each read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::archive::Archive;
use crate::error::SourceError;
use crate::imports::{Import, imports};
use crate::positions::Place;
use crate::remote::{Library, RemoteSettings};
use crate::source::{Kind, Source};
use crate::specifier::{Builtin, is_remote, resolve};

/// The files of one script.
#[derive(Debug)]
pub struct Sources {
    entry: String,
    builtin: Builtin,
    library: Library,
    archive: Option<Arc<Archive>>,
    files: Mutex<HashMap<String, Arc<Source>>>,
    wanted: Mutex<HashMap<String, BTreeSet<String>>>,
}

/// An import that cannot be followed, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Why.
    pub error: SourceError,
    /// The file and the place in it; none for the script itself.
    pub at: Option<(String, Place)>,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.error)?;
        match &self.at {
            Some((file, place)) => write!(f, "\n\tat {file}:{}:{}", place.line, place.column),
            None => Ok(()),
        }
    }
}

/// A module that is to be read, and who asked for it.
struct Asked {
    name: String,
    at: Option<(String, Place)>,
}

impl Sources {
    /// The files of the script with this module name; `text` is its text where it is not in the file.
    pub fn new(
        entry: String,
        text: Option<String>,
        builtin: Builtin,
        remote: RemoteSettings,
    ) -> Result<Self, SourceError> {
        let mut files = HashMap::new();
        if let Some(text) = text {
            let source = match entry.rsplit('/').next() {
                Some(file) if file.contains('.') => Source::of_text(&entry, text)?,
                _ => Source::of_unnamed(&entry, text)?,
            };
            files.insert(entry.clone(), Arc::new(source));
        }
        let (files, wanted) = (Mutex::new(files), Mutex::default());
        Ok(Self { entry, builtin, library: Library::new(remote), archive: None, files, wanted })
    }

    /// The files of an archived script, which reads nothing else.
    pub fn archived(archive: Archive, builtin: Builtin) -> Self {
        let (files, wanted) = (Mutex::default(), Mutex::default());
        let (entry, library) = (archive.entry.clone(), Library::new(RemoteSettings::default()));
        Self { entry, builtin, library, archive: Some(Arc::new(archive)), files, wanted }
    }

    /// The archive that the script is in.
    pub fn archive(&self) -> Option<&Arc<Archive>> {
        self.archive.as_ref()
    }

    /// The module name of the script.
    pub fn entry(&self) -> &str {
        &self.entry
    }

    /// The modules that are part of the program.
    pub fn builtin(&self) -> Builtin {
        self.builtin
    }

    /// Follows all static imports, and answers those that cannot be had.
    pub async fn collect(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        let mut seen = BTreeSet::from([self.entry.clone()]);
        let mut asked = vec![Asked { name: self.entry.clone(), at: None }];
        while !asked.is_empty() {
            let is_fetched = |name: &str| is_remote(name) && self.archive.is_none();
            let urls: Vec<String> =
                asked.iter().map(|asked| asked.name.clone()).filter(|name| is_fetched(name)).collect();
            let mut fetched = self.library.get_all(&urls).await.into_iter();
            let mut next = Vec::new();
            for Asked { name, at } in asked {
                let source = match is_fetched(&name) {
                    true => fetched.next().unwrap_or_else(|| Err(SourceError::Late(name.clone()))),
                    false => self.file(&name).map(|source| (*source).clone()),
                };
                match source {
                    Ok(source) => self.follow(&name, &source, &mut seen, &mut next, &mut failures),
                    Err(error) => failures.push(Failure { error, at }),
                }
            }
            asked = next;
        }
        failures
    }

    /// Writes down what was locked, and answers what did not go as it should.
    pub fn finish(&self) -> Vec<String> {
        self.library.finish()
    }

    fn follow(
        &self,
        name: &str,
        source: &Source,
        seen: &mut BTreeSet<String>,
        next: &mut Vec<Asked>,
        failures: &mut Vec<Failure>,
    ) {
        lock(&self.files).insert(name.to_owned(), Arc::new(source.clone()));
        let found = if source.kind == Kind::Module { imports(&source.code) } else { Vec::new() };
        for Import { specifier, place, names } in found {
            let written = source.positions.as_ref().and_then(|positions| positions.written(place));
            let at = match written {
                Some(("", place)) => Some((name.to_owned(), place)),
                Some((file, place)) => Some((file.to_owned(), place)),
                None => Some((name.to_owned(), place)),
            };
            match resolve(&source.base, &specifier, self.builtin) {
                Ok(found) => {
                    lock(&self.wanted).entry(found.clone()).or_default().extend(names);
                    if !self.builtin.has(&found) && seen.insert(found.clone()) {
                        next.push(Asked { name: found, at });
                    }
                }
                Err(error) => failures.push(Failure { error, at }),
            }
        }
    }

    /// The module that a specifier means in a file.
    pub fn resolve(&self, base: &str, specifier: &str) -> Result<String, SourceError> {
        let known = lock(&self.files).get(base).map(|source| source.base.clone());
        resolve(known.as_deref().unwrap_or(base), specifier, self.builtin)
    }

    /// A module's source: read from its file if need be, but never fetched.
    pub fn get(&self, name: &str) -> Result<Arc<Source>, SourceError> {
        if is_remote(name) && self.archive.is_none() {
            return self.known(name).ok_or_else(|| SourceError::Late(name.to_owned()));
        }
        self.file(name)
    }

    /// A module's source if it has been read.
    pub fn known(&self, name: &str) -> Option<Arc<Source>> {
        lock(&self.files).get(name).cloned()
    }

    /// Fetches a module that no static import named.
    pub async fn fetch(&self, name: &str) -> Result<Arc<Source>, SourceError> {
        if self.archive.is_some() {
            return self.file(name);
        }
        let source = Arc::new(self.library.get(name).await?);
        lock(&self.files).insert(name.to_owned(), source.clone());
        Ok(source)
    }

    fn file(&self, name: &str) -> Result<Arc<Source>, SourceError> {
        if let Some(source) = self.known(name) {
            return Ok(source);
        }
        let source = match &self.archive {
            None => Source::read(name)?,
            Some(archive) => match archive.files.get(name) {
                Some(bytes) => Source::of_bytes(name, bytes.to_vec())?,
                None => {
                    let reason = "it is not in the archive".to_owned();
                    return Err(SourceError::Unreadable { path: name.to_owned(), reason });
                }
            },
        };
        let source = Arc::new(source);
        lock(&self.files).insert(name.to_owned(), source.clone());
        Ok(source)
    }

    /// The names that static imports want of a module.
    pub fn wanted(&self, name: &str) -> Vec<String> {
        lock(&self.wanted).get(name).map(|names| names.iter().cloned().collect()).unwrap_or_default()
    }

    /// Where a place in a module's code was written.
    pub fn written(&self, name: &str, place: Place) -> Option<(String, Place)> {
        let source = self.known(name)?;
        let (file, place) = source.positions.as_ref()?.written(place)?;
        Some((if file.is_empty() { name.to_owned() } else { file.to_owned() }, place))
    }

    /// Every text that was read, as it was written, by module name.
    pub fn texts(&self) -> BTreeMap<String, String> {
        let files = lock(&self.files);
        files.iter().map(|(name, source)| (name.clone(), source.text.to_string())).collect()
    }

    /// The code of every file that was read.
    pub fn codes(&self) -> Vec<Arc<str>> {
        lock(&self.files).values().map(|source| source.code.clone()).collect()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}
