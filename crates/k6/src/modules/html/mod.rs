//! Module `k6/html`: a parsed page, and selections of its nodes.

mod build;
mod document;
mod matcher;
mod nesting;

pub use build::{EXPORTS, build, forms, parse_page};
