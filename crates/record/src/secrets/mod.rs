//! Secrets: the names that they stand under, the places where they stand, and those that are known.

mod known;
mod names;

pub use self::known::Secrets;
pub(crate) use self::known::{assignment, is_token};
pub(crate) use self::names::{HIDDEN, in_script, in_yaml};
pub use self::names::{is_secret_name, without_secret_fields, without_secrets};
