//! Module `flashcrowd/sse`: streams of server-sent events, with the times that their users feel.

mod exports;
mod link;
mod measure;
mod open;
mod parser;

pub use exports::{EXPORTS, build};
