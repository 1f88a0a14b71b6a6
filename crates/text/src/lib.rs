//! Words, numbers, units and languages of everything that people read.

pub mod figure;
pub mod format;
mod lang;
mod time_unit;

pub use lang::{Lang, UnknownLang};
pub use time_unit::TimeUnit;
