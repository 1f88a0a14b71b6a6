//! The report as one self-contained page: no network, no fonts of its own, light and dark, on screens and on paper.
//!
//! [`FORMAT`] is in `page.rs`; every part of the page is one file.

mod icon;
mod island;
mod page;
mod table;
mod together;

mod capacity;
mod charts;
mod checks;
mod findings;
mod head;
mod notes;
mod requests;
mod search;
mod setup;
mod steps;
mod summary;

pub(crate) use page::FORMAT;
