//! A first script, made of what others recorded or described: HAR files, OpenAPI documents, Postman collections, and curl
//! commands.
//!
//! Each [`Kind`] of file is read into a [`Sketch`]: requests, in groups, with the variables that they need. Of that,
//! [`Sketch::script`] is the text of a k6 script that runs at once and is meant to be kept.

mod curl;
mod error;
mod example;
mod har;
mod kind;
mod literal;
mod openapi;
mod postman;
mod script;
mod shell;
mod sketch;
mod yaml;

pub use error::SketchError;
pub use kind::{Kind, sketch};
pub use sketch::{Body, Call, Sketch, Text};
