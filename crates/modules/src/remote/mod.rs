//! Modules on the network: fetched once, kept on disk, and the same ever after.

mod cache;
mod fetch;
mod library;
mod lock;
mod settings;

pub(crate) use library::Library;
pub use lock::LOCK_FILE;
pub use settings::{Mirror, RemoteSettings};
