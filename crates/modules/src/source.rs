//! A source is one module's text: as it was written, and as the JavaScript that is run.

use std::sync::Arc;

use crate::error::SourceError;
use crate::positions::Positions;
use crate::specifier::path_of;
use crate::syntax::is_module;
use crate::typescript;
use crate::whole::{LARGEST_SOURCE, read_bytes};

/// How a source is run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// As an ES module.
    Module,
    /// As a function of `module`, `exports` and `require`.
    CommonJs,
    /// Not at all: its value is its default export.
    Json,
}

/// One module's text.
#[derive(Clone, Debug)]
pub struct Source {
    /// The text as it was written.
    pub text: Arc<str>,
    /// The JavaScript that is run; JSON as it is.
    pub code: Arc<str>,
    /// How it is run.
    pub kind: Kind,
    /// The address that relative imports in it start from.
    pub base: String,
    /// Where the parts of the code come from, if it is not what was written.
    pub positions: Option<Arc<Positions>>,
}

impl Source {
    /// The source of a module by its name, from the bytes of its file.
    pub fn of_bytes(name: &str, bytes: Vec<u8>) -> Result<Self, SourceError> {
        let text = String::from_utf8(bytes).map_err(|_| SourceError::Unreadable {
            path: shown(name),
            reason: "it is not UTF-8 text".to_owned(),
        })?;
        Self::of_text(name, text)
    }

    /// The source of a module by its name, from its text.
    pub fn of_text(name: &str, text: String) -> Result<Self, SourceError> {
        let text: Arc<str> = without_mark(text).into();
        match extension(name) {
            "json" => Self::json(name, text),
            "ts" | "mts" | "cts" => Self::typescript(name, text),
            _ => Ok(Self::javascript(name, text)),
        }
    }

    /// The source of a text whose name does not say what it is: TypeScript if it cannot be read as JavaScript.
    pub fn of_unnamed(name: &str, text: String) -> Result<Self, SourceError> {
        let text: Arc<str> = without_mark(text).into();
        if typescript::is_javascript(&text) {
            return Ok(Self::javascript(name, text));
        }
        // What is neither is JavaScript with a fault in it, and said to be so.
        Ok(Self::typescript(name, text.clone()).unwrap_or_else(|_| Self::javascript(name, text)))
    }

    fn javascript(name: &str, text: Arc<str>) -> Self {
        let kind = if is_module(&text) { Kind::Module } else { Kind::CommonJs };
        let positions = Positions::of_map_beside(name, &text).map(Arc::new);
        Self { code: text.clone(), text, kind, base: name.to_owned(), positions }
    }

    fn typescript(name: &str, text: Arc<str>) -> Result<Self, SourceError> {
        let (code, positions) = typescript::to_javascript(&text).map_err(|reason| SourceError::Syntax {
            name: shown(name),
            language: "TypeScript",
            reason,
        })?;
        let kind = if is_module(&code) || is_module(&text) { Kind::Module } else { Kind::CommonJs };
        Ok(Self {
            text,
            code: code.into(),
            kind,
            base: name.to_owned(),
            positions: Some(Arc::new(positions)),
        })
    }

    fn json(name: &str, text: Arc<str>) -> Result<Self, SourceError> {
        serde_json::from_str::<serde::de::IgnoredAny>(&text).map_err(|error| SourceError::Syntax {
            name: shown(name),
            language: "JSON",
            reason: error.to_string(),
        })?;
        Ok(Self { code: text.clone(), text, kind: Kind::Json, base: name.to_owned(), positions: None })
    }

    /// Reads the file of a module.
    pub fn read(name: &str) -> Result<Self, SourceError> {
        let path = path_of(name);
        let bytes = read_bytes(path, LARGEST_SOURCE).map_err(|error| SourceError::Unreadable {
            path: path.display().to_string(),
            reason: plain(&error),
        })?;
        Self::of_bytes(name, bytes)
    }
}

fn shown(name: &str) -> String {
    path_of(name).display().to_string()
}

/// The ending of a module's name, without the query of its address.
fn extension(name: &str) -> &str {
    let path = if crate::is_remote(name) { name.split(['?', '#']).next().unwrap_or(name) } else { name };
    let file = path.rsplit('/').next().unwrap_or(path);
    file.rsplit_once('.').map_or("", |(_, extension)| extension)
}

/// Source code without the byte order mark that some editors put before it.
pub fn without_mark(text: String) -> String {
    text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)
}

/// An I/O error in words, without its number.
pub fn plain(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_a_source_is() {
        for (name, text, kind) in [
            ("file:///a.js", "export const a = 1;", Kind::Module),
            ("file:///a.js", "exports.a = 1;", Kind::CommonJs),
            ("file:///a.ts", "export const a: number = 1;", Kind::Module),
            ("https://x.test/a.ts?v=1", "export enum A { B }", Kind::Module),
            ("file:///a.ts", "export type A = string;", Kind::Module),
            ("file:///a.cts", "const a: number = 1; module.exports = { a };", Kind::CommonJs),
            ("file:///a.json", "{\"a\": 1}", Kind::Json),
            ("file:///folder.ts/a", "exports.a = 1;", Kind::CommonJs),
        ] {
            assert_eq!(Source::of_text(name, text.to_owned()).unwrap().kind, kind, "{name}: {text}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        let error = |name, text: &str| Source::of_text(name, text.to_owned()).unwrap_err().to_string();
        assert_eq!(
            error("file:///a.json", "{\n  a: 1}"),
            "cannot read '/a.json' as JSON: key must be a string at line 2 column 3"
        );
        let shown = error("file:///a.ts", "const a: = 1;");
        assert!(shown.starts_with("cannot read '/a.ts' as TypeScript: "), "{shown}");
        assert!(shown.ends_with(" at line 1, column 10"), "{shown}");
    }

    #[test]
    fn a_text_without_a_name_may_be_typescript() {
        let unnamed = |text: &str| Source::of_unnamed("file:///-", text.to_owned()).unwrap();
        assert!(unnamed("export const a: number = 1;").positions.is_some());
        assert!(unnamed("export const a = 1;").positions.is_none());
        assert!(unnamed("export const = ;").positions.is_none());
    }
}
