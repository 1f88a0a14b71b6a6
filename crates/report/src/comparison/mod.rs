//! Two records side by side, as a document.

mod cells;
mod document;
mod selection;

pub use cells::outcome_name;
pub(crate) use document::{markdown, text};
