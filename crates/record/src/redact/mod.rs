//! What keeps secrets out of records, and out of documents what a terminal or a browser obeys.

mod hiding;
mod printable;
mod redactor;

pub(crate) use self::redactor::Redactor;
