//! A source error is why an import could not be followed.

/// Why an import could not be followed.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SourceError {
    /// A built-in module that does not exist.
    #[error("unknown module '{name}': {known}")]
    UnknownModule {
        /// The specifier.
        name: String,
        /// The nearest module, or all there are.
        known: String,
    },
    /// A module that is known, and not supported.
    #[error("module '{name}' is not supported: {reason}")]
    Unsupported {
        /// The specifier.
        name: String,
        /// Why, and what to do instead.
        reason: String,
    },
    /// An address that is not https.
    #[error("cannot import '{0}': write https://, or download the file; http:// is for this machine alone")]
    Insecure(String),
    /// An address that nothing can be fetched from.
    #[error("cannot import '{0}': modules are files or https:// addresses")]
    Scheme(String),
    /// An address that cannot be read.
    #[error("cannot import '{url}': {reason}")]
    Address {
        /// The specifier.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A bare name.
    #[error("cannot import '{0}': write './{0}' for a local file; packages are not looked up")]
    Bare(String),
    /// An address without its scheme.
    #[error(
        "cannot import '{0}': write 'https://{0}' for a module on the network, or './{0}' for a local file"
    )]
    Schemeless(String),
    /// A local file that a module on the network wants.
    #[error("cannot import '{specifier}': '{base}' is on the network, and may not read local files")]
    LocalFromRemote {
        /// The specifier.
        specifier: String,
        /// The module that wants it.
        base: String,
    },
    /// The file could not be read.
    #[error("cannot read '{path}': {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A file that is not what its name says.
    #[error("cannot read '{name}' as {language}: {reason}")]
    Syntax {
        /// The file.
        name: String,
        /// JSON or TypeScript.
        language: &'static str,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// A module that could not be fetched.
    #[error("cannot fetch '{url}': {reason}")]
    Fetch {
        /// Its address.
        url: String,
        /// Why.
        reason: String,
    },
    /// A module that is not in the cache, when nothing may be fetched.
    #[error("'{0}' is not in the module cache: run once without --offline")]
    Offline(String),
    /// A module whose content is not the one that was locked.
    #[error(
        "'{url}' has changed: its checksum is {found}, and {lock} has {locked}; look at the new content, then \
         remove its line from {lock}"
    )]
    Changed {
        /// Its address.
        url: String,
        /// The checksum of what was fetched.
        found: String,
        /// The checksum that was expected.
        locked: String,
        /// The lock file.
        lock: String,
    },
    /// A lock file that cannot be understood.
    #[error("cannot read '{path}': {reason}; correct it, or remove it to lock all modules anew")]
    Lock {
        /// The lock file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A module on the network that was asked for after the script had been loaded.
    #[error(
        "cannot import '{0}': modules on the network are fetched while the script is loaded, before the run"
    )]
    Late(String),
    /// More modules than anyone writes.
    #[error("cannot import '{url}': a script imports at most {most} modules from the network")]
    TooMany {
        /// The module that is one too many.
        url: String,
        /// How many there may be.
        most: usize,
    },
}
