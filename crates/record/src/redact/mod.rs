//! What keeps secrets out of records: where they stand, and what they are known by.

mod redactor;
mod secrets;

pub(crate) use self::redactor::Redactor;
pub use self::secrets::{is_secret_name, without_secrets};
