//! The kinds of files that become scripts, in one table.

use crate::error::SketchError;
use crate::sketch::Sketch;
use crate::{curl, har, openapi, postman};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What a browser recorded.
    Har,
    /// An OpenAPI (3) or Swagger (2) document, as JSON or YAML.
    OpenApi,
    /// A Postman collection, version 2.
    Postman,
    /// Commands of curl.
    Curl,
}

impl Kind {
    /// All kinds, by the names that people give them.
    pub const ALL: [(&'static str, Self); 4] =
        [("har", Self::Har), ("openapi", Self::OpenApi), ("postman", Self::Postman), ("curl", Self::Curl)];
}

/// Reads a file of this kind.
pub fn sketch(kind: Kind, text: &str) -> Result<Sketch, SketchError> {
    let text = text.trim_start_matches('\u{feff}');
    match kind {
        Kind::Har => har::read(text),
        Kind::OpenApi => openapi::read(text),
        Kind::Postman => postman::read(text),
        Kind::Curl => curl::read(text),
    }
}
