//! A program is a script with all its imports, loaded once and shared by all virtual users.

use std::collections::{BTreeMap, HashMap};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use flashcrowd_dynamodb::Measures;
use flashcrowd_http::quarter_of_memory;
use flashcrowd_metrics::{Registry, View};
use flashcrowd_modules::{Source, SourceError, Sources, is_remote, name_of, normalise, path_of, plain};

use crate::limiter::Limiter;
use crate::modules::dynamodb::Shared as Dynamodb;
use crate::modules::grpc::Schemas;
use crate::modules::secrets::Fetched;
use crate::quickjs::builtins::Builtins;
use crate::quickjs::fiber;
use crate::quickjs::vm::Bytecode;
use crate::settings::Settings;
use crate::state;
use flashcrowd_test::{Log, SecretSources};

/// The elements of a SharedArray as JSON texts, kept once for all virtual users.
pub type SharedElements = Arc<[Box<str>]>;

/// The place of a SharedArray's elements. Whoever fills it holds the lock meanwhile, and others wait on their fibers.
pub(crate) type SharedSlot = Arc<tokio::sync::Mutex<Option<SharedElements>>>;

/// What all virtual users of a test share.
pub struct Program {
    /// The module name of the script.
    pub entry: String,
    /// The environment that scripts see as `__ENV`.
    pub env: BTreeMap<String, String>,
    /// All metrics of the test.
    pub registry: Registry,
    /// Where messages go.
    pub log: Arc<dyn Log>,
    /// Where secrets come from.
    pub secrets: SecretSources,
    pub(crate) sources: Sources,
    pub(crate) settings: OnceLock<Settings>,
    init_timeout: Duration,
    pub(crate) setup_data: OnceLock<Option<String>>,
    pub(crate) dynamodb: Dynamodb,
    pub(crate) schemas: Schemas,
    pub(crate) fetched: Fetched,
    limiter: OnceLock<Option<Limiter>>,
    builtins: OnceLock<Builtins>,
    aborted: OnceLock<String>,
    code: Mutex<HashMap<String, Bytecode>>,
    opened: Mutex<HashMap<PathBuf, Arc<[u8]>>>,
    arrays: Mutex<HashMap<String, SharedSlot>>,
}

impl Program {
    /// A program that still has to be loaded, for which its top level may take so long.
    pub fn new(
        sources: Sources,
        env: BTreeMap<String, String>,
        registry: Registry,
        init_timeout: Duration,
        log: Arc<dyn Log>,
    ) -> Self {
        Self {
            entry: sources.entry().to_owned(),
            env,
            registry,
            log,
            secrets: SecretSources::default(),
            sources,
            settings: OnceLock::new(),
            init_timeout,
            setup_data: OnceLock::new(),
            dynamodb: Dynamodb::default(),
            schemas: Schemas::default(),
            fetched: Fetched::default(),
            limiter: OnceLock::new(),
            builtins: OnceLock::new(),
            aborted: OnceLock::new(),
            code: Mutex::default(),
            opened: Mutex::default(),
            arrays: Mutex::default(),
        }
    }

    /// How long the top level may take, each time it runs.
    pub(crate) fn init_timeout(&self) -> Duration {
        self.settings().map_or(self.init_timeout, |settings| settings.init_timeout)
    }

    /// The run's settings; virtual users run only after they were set.
    pub fn settings(&self) -> Option<&Settings> {
        self.settings.get()
    }

    /// How the metrics of the modules that the script imports are split for the record.
    pub fn views(&self) -> Vec<View> {
        self.dynamodb.measures().iter().map(Measures::view).collect()
    }

    /// The limit on requests per second, if there is one.
    pub(crate) fn limiter(&self) -> Option<&Limiter> {
        self.limiter.get_or_init(|| self.settings()?.rps.filter(|rps| *rps > 0).map(Limiter::new)).as_ref()
    }

    /// Notes that the script asked for the end of the test, perhaps before there is one.
    pub(crate) fn abort(&self, message: &str) {
        // The first message is the one reported.
        let _ = self.aborted.set(message.to_owned());
    }

    /// The message with which the script asked for the end of the test.
    pub fn aborted(&self) -> Option<&str> {
        self.aborted.get().map(String::as_str)
    }

    /// Sets the run's settings, once; they are known only after the script was loaded.
    pub fn set_settings(&self, settings: Settings) {
        // A second call changes nothing.
        let _ = self.settings.set(settings);
    }

    /// What `setup` returned, as JSON.
    pub fn setup_data(&self) -> Option<&str> {
        self.setup_data.get().and_then(|data| data.as_deref())
    }

    /// Takes what `setup` returned, here or elsewhere.
    pub(crate) fn take_setup_data(&self, data: Option<String>) {
        if let Some(data) = data.as_deref().and_then(|json| serde_json::from_str(json).ok()) {
            self.log.secrets().note_setup(&data);
        }
        // Set once: setup runs once.
        let _ = self.setup_data.set(data);
    }

    /// A module's source, read once. One on the network that no static import named is fetched, as long as the script is
    /// being loaded; the fiber waits meanwhile.
    pub(crate) fn source(&self, name: &str) -> Result<Arc<Source>, SourceError> {
        match self.sources.known(name) {
            Some(source) => Ok(source),
            None if is_remote(name) && self.settings.get().is_none() => {
                let interrupted = || state::with(|vu| vu.interrupted());
                let fetched = fiber::wait_unless(self.sources.fetch(name), interrupted);
                fetched.unwrap_or_else(|| Err(SourceError::Late(name.to_owned())))
            }
            None => fiber::on_thread_stack(|| self.sources.get(name)),
        }
    }

    /// What a VM needs of the language's library: all of it while the script is being loaded and its imports are not
    /// known, then what these can reach.
    pub(crate) fn builtins(&self) -> Builtins {
        if self.settings.get().is_none() {
            return Builtins::ALL;
        }
        *self.builtins.get_or_init(|| Builtins::reached_by(self.sources.codes().iter().map(|code| &**code)))
    }

    /// The bytes of a file that a script opens, read once.
    pub(crate) fn open(&self, path: &Path) -> std::io::Result<Arc<[u8]>> {
        if let Some(bytes) = lock(&self.opened).get(path) {
            return Ok(bytes.clone());
        }
        let bytes: Arc<[u8]> = match self.sources.archive() {
            None => read_whole(path)?.into(),
            Some(archive) => match archive.files.get(&name_of(path)) {
                Some(bytes) => bytes.clone(),
                None => return Err(std::io::ErrorKind::NotFound.into()),
            },
        };
        lock(&self.opened).insert(path.to_owned(), bytes.clone());
        Ok(bytes)
    }

    /// Every file that the script has opened.
    pub(crate) fn opened(&self) -> Vec<(PathBuf, Arc<[u8]>)> {
        lock(&self.opened).iter().map(|(path, bytes)| (path.clone(), bytes.clone())).collect()
    }

    /// A file that the script names, from its own folder or as a `file://` URL: where it is, and its bytes.
    pub(crate) fn open_named(&self, path: &str) -> Result<(PathBuf, Arc<[u8]>), String> {
        let folder = path_of(&self.entry).parent().unwrap_or(Path::new("/"));
        let full = normalise(&folder.join(path.strip_prefix("file://").unwrap_or(path)));
        match self.open(&full) {
            Ok(bytes) => Ok((full, bytes)),
            Err(error) => Err(format!("cannot open '{}': {}", full.display(), plain(&error))),
        }
    }

    /// The place of a SharedArray's elements; the first virtual user to come fills it.
    pub(crate) fn array(&self, name: &str) -> SharedSlot {
        lock(&self.arrays).entry(name.to_owned()).or_default().clone()
    }

    /// The bytecode of a module that another virtual user compiled already.
    pub(crate) fn bytecode(&self, name: &str) -> Option<Bytecode> {
        lock(&self.code).get(name).copied()
    }

    /// Keeps the bytecode of a module for other virtual users.
    pub(crate) fn keep_bytecode(&self, name: &str, code: Bytecode) {
        lock(&self.code).insert(name.to_owned(), code);
    }
}

/// How large a file may be that a script opens: every virtual user can have a copy of it.
const LARGEST: u64 = 1 << 30;

/// The bytes of a file that has an end: no device and no pipe, which can go on for ever.
pub(crate) fn read_whole(path: &Path) -> std::io::Result<Vec<u8>> {
    let file = std::fs::metadata(path)?;
    if !file.is_file() && !file.is_dir() {
        return Err(std::io::Error::other("it is no regular file, but a device, a pipe or a socket"));
    }
    if file.len() > LARGEST.min(quarter_of_memory() as u64) {
        let text = format!("it has {} MiB, more than scripts may open", file.len() >> 20);
        return Err(std::io::Error::other(text));
    }
    // A file may grow, and those of /proc say that they are empty.
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LARGEST + 1).read_to_end(&mut bytes)?;
    match bytes.len() as u64 > LARGEST {
        true => Err(std::io::Error::other("it has more than 1024 MiB, more than scripts may open")),
        false => Ok(bytes),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}
