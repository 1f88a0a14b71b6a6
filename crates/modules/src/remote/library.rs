//! The library answers modules on the network: from the cache if they are locked, else from where they are.

use std::sync::{Mutex, MutexGuard};

use futures_util::stream::{self, StreamExt as _};

use super::cache::Cache;
use super::fetch;
use super::lock::{Lock, checksum};
use super::settings::RemoteSettings;
use crate::error::SourceError;
use crate::source::Source;

/// How many modules are fetched at once.
const AT_ONCE: usize = 8;
/// How many a script may have.
const MOST_MODULES: usize = 500;

/// The modules on the network that a script may have.
#[derive(Debug)]
pub(crate) struct Library {
    settings: RemoteSettings,
    cache: Cache,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    lock: Option<Lock>,
    modules: usize,
    warnings: Vec<String>,
}

impl Library {
    /// The library with these settings; nothing is read yet.
    pub(crate) fn new(settings: RemoteSettings) -> Self {
        let cache = Cache::new(settings.cache.as_deref());
        let state = Mutex::new(State { lock: None, modules: 0, warnings: Vec::new() });
        Self { settings, cache, state }
    }

    /// Modules by their addresses, in their order.
    pub(crate) async fn get_all(&self, urls: &[String]) -> Vec<Result<Source, SourceError>> {
        stream::iter(urls).map(|url| self.get(url)).buffered(AT_ONCE).collect().await
    }

    /// A module by its address.
    pub(crate) async fn get(&self, url: &str) -> Result<Source, SourceError> {
        let locked = self.count(url)?;
        let kept = self.cache.find(url);
        let (base, content) = match kept {
            Some((entry, content)) if self.settings.offline || locked.as_ref() == Some(&entry.checksum) => {
                (entry.base, content)
            }
            _ if self.settings.offline => return Err(SourceError::Offline(url.to_owned())),
            kept => {
                let client = fetch::client().map_err(|reason| failed(url, reason))?;
                match (fetch::get(&client, &self.settings.mirrors, url).await, kept) {
                    (Ok(fetched), _) => {
                        self.keep(url, &fetched);
                        (fetched.base, fetched.content)
                    }
                    // A module that was never locked is what it was the last time.
                    (Err(reason), Some((entry, content))) if locked.is_none() => {
                        self.warn(format!("cannot fetch '{url}': {reason}; the copy of the cache is used"));
                        (entry.base, content)
                    }
                    (Err(reason), _) => return Err(failed(url, reason)),
                }
            }
        };
        self.state()?.lock.as_mut().map_or(Ok(()), |lock| lock.admit(url, &content))?;
        let source = Source::of_bytes(url, content)?;
        Ok(Source { base, ..source })
    }

    /// Writes the lock file, and answers what did not go as it should.
    pub(crate) fn finish(&self) -> Vec<String> {
        let Ok(mut state) = self.state() else { return Vec::new() };
        if let Some(Err(problem)) = state.lock.as_mut().map(Lock::save) {
            state.warnings.push(format!("{problem}: the modules are not locked"));
        }
        std::mem::take(&mut state.warnings)
    }

    /// Counts one more module, and answers the checksum that it must have.
    fn count(&self, url: &str) -> Result<Option<String>, SourceError> {
        let mut state = self.state()?;
        state.modules += 1;
        if state.modules > MOST_MODULES {
            return Err(SourceError::TooMany { url: url.to_owned(), most: MOST_MODULES });
        }
        Ok(state.lock.as_ref().and_then(|lock| lock.checksum(url)).map(str::to_owned))
    }

    fn keep(&self, url: &str, fetched: &fetch::Fetched) {
        // A content that the lock does not admit is not worth keeping in the place of one that it does.
        let locked = self.state().ok().and_then(|state| Some(state.lock.as_ref()?.checksum(url)?.to_owned()));
        if locked.is_some_and(|locked| locked != checksum(&fetched.content)) {
            return;
        }
        if let Err(error) = self.cache.keep(url, &fetched.base, &fetched.content) {
            let folder = self.settings.cache.as_deref().map(|folder| folder.display().to_string());
            let folder = folder.unwrap_or_default();
            self.warn(format!("cannot keep '{url}' in {folder}: {}", crate::plain(&error)));
        }
    }

    fn warn(&self, text: String) {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        state.warnings.push(text);
    }

    /// The state, with the lock file read.
    fn state(&self) -> Result<MutexGuard<'_, State>, SourceError> {
        let mut state = self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if state.lock.is_none() {
            state.lock = Some(Lock::read(self.settings.lock.as_deref())?);
        }
        Ok(state)
    }
}

fn failed(url: &str, reason: String) -> SourceError {
    SourceError::Fetch { url: url.to_owned(), reason }
}
