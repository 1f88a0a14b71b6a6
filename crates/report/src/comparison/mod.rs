//! Two records side by side, as a document.

mod cells;
mod document;
mod names;
mod selection;

pub use cells::outcome_name;
pub(crate) use document::{markdown, text};
