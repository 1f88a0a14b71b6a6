//! Modules of scripts: where an import leads, how it is fetched, kept and made into JavaScript.
//!
//! [`Sources`] holds the files of one script by their module names. [`Sources::collect`] follows its imports before
//! anything runs, and answers all that cannot be had at once. Modules on the network come from a cache on disk
//! ([`RemoteSettings`]), and their checksums are kept in a lock file beside the script.

mod archive;
mod error;
mod imports;
mod positions;
mod reading;
mod remote;
mod room;
mod source;
mod sources;
mod specifier;
mod syntax;
mod typescript;
mod whole;

pub use archive::{Archive, ArchiveError};
pub use error::SourceError;
pub use imports::{Import, imports};
pub use positions::{Place, Positions};
pub use reading::{throws, variables};
pub use remote::{LOCK_FILE, Mirror, RemoteSettings};
pub use source::{Kind, Source, plain, without_mark};
pub use sources::{Failure, Sources};
pub use specifier::{Builtin, is_remote, name_of, normalise, path_of, resolve};
pub use whole::{LARGEST_DATA, LARGEST_SOURCE, read_text, text_of};
