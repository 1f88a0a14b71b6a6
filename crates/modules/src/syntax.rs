//! A source is a file of a test: where an import specifier leads, and whether the file is a module.

use std::path::{Component, Path, PathBuf};

/// Why an import could not be followed.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SourceError {
    /// A built-in module that does not exist here.
    #[error("unknown module '{name}': this version has {known}")]
    UnknownModule {
        /// The specifier.
        name: String,
        /// The modules there are.
        known: String,
    },
    /// An address on the network.
    #[error("cannot import '{0}': modules are read from local files only; save a copy and import that")]
    Remote(String),
    /// A bare name.
    #[error("cannot import '{0}': write './{0}' for a local file; packages are not looked up")]
    Bare(String),
    /// The file could not be read.
    #[error("cannot read '{path}': {reason}")]
    Unreadable {
        /// The file.
        path: String,
        /// The system's words.
        reason: String,
    },
    /// A TypeScript file.
    #[error("'{0}' is TypeScript, which this version cannot run; compile it to JavaScript first")]
    TypeScript(String),
}

/// Prefix of the names under which files are known to the VM, and shown in stack traces.
const SCHEME: &str = "file://";

/// The path of a file by its module name.
pub fn path_of(name: &str) -> &Path {
    Path::new(name.strip_prefix(SCHEME).unwrap_or(name))
}

/// The module name of a file.
pub fn name_of(path: &Path) -> String {
    format!("{SCHEME}{}", path.display())
}

/// How the names of built-in modules begin.
const OURS: [&str; 2] = ["flashcrowd/", "k6/"];

/// Finds the module name that a specifier means inside the file `base`.
pub fn resolve(base: &str, specifier: &str, builtin: &[&str]) -> Result<String, SourceError> {
    if specifier == "k6" || OURS.iter().any(|family| specifier.starts_with(family)) {
        if builtin.contains(&specifier) {
            return Ok(specifier.to_owned());
        }
        return Err(SourceError::UnknownModule { name: specifier.to_owned(), known: builtin.join(", ") });
    }
    if specifier.contains("://") && !specifier.starts_with(SCHEME) {
        return Err(SourceError::Remote(specifier.to_owned()));
    }
    let path = Path::new(specifier.strip_prefix(SCHEME).unwrap_or(specifier));
    let local = path.is_absolute() || specifier.starts_with("./") || specifier.starts_with("../");
    if !local {
        return Err(SourceError::Bare(specifier.to_owned()));
    }
    let folder = path_of(base).parent().unwrap_or(Path::new("/"));
    Ok(name_of(&normalise(&folder.join(path))))
}

/// The line and column, from one, at which source code has a specifier in quotes.
pub fn place_of(code: &str, specifier: &str) -> Option<(usize, usize)> {
    code.lines().enumerate().find_map(|(line, text)| {
        let at = ['\'', '"'].iter().find_map(|quote| text.find(&format!("{quote}{specifier}{quote}")))?;
        Some((line + 1, text[..at].chars().count() + 1))
    })
}

/// Takes `.` and `..` out of an absolute path, without asking the file system.
pub fn normalise(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

/// Reads a file of source code.
pub fn read(name: &str) -> Result<String, SourceError> {
    let path = path_of(name);
    if path.extension().is_some_and(|extension| extension == "ts") {
        return Err(SourceError::TypeScript(path.display().to_string()));
    }
    let unreadable = |reason: String| SourceError::Unreadable { path: path.display().to_string(), reason };
    let bytes = std::fs::read(path).map_err(|error| unreadable(plain(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8 text".to_owned()))?;
    Ok(without_mark(text))
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

/// Whether source code is an ES module: it has an `import` or `export` of its own, or awaits at the top.
pub fn is_module(code: &str) -> bool {
    let bytes = code.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    let mut previous = b';';
    while at < bytes.len() {
        let byte = bytes[at];
        if byte.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        if let Some(next) = skip_text(bytes, at, previous) {
            // A comment leaves what stands before it; a string or pattern counts as a value.
            if !(byte == b'/' && matches!(bytes.get(at + 1), Some(b'/' | b'*'))) {
                previous = b'"';
            }
            at = next;
            continue;
        }
        if is_word(byte) {
            let end = (at..bytes.len()).find(|&i| !is_word(bytes[i])).unwrap_or(bytes.len());
            if previous != b'.' && makes_module(&bytes[at..end], &bytes[end..], depth) {
                return true;
            }
            // After a keyword a slash starts a pattern, after a name it divides.
            previous = if matches!(&bytes[at..end], b"return" | b"typeof" | b"case" | b"in" | b"of") {
                b';'
            } else {
                b'a'
            };
            at = end;
            continue;
        }
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        previous = byte;
        at += 1;
    }
    false
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

fn makes_module(word: &[u8], rest: &[u8], depth: usize) -> bool {
    let next = rest.iter().find(|b| !b.is_ascii_whitespace());
    match word {
        b"import" => depth == 0 && !matches!(next, Some(b'(' | b':' | b'=')),
        b"export" => depth == 0 && !matches!(next, Some(b'(' | b':' | b'=')),
        b"await" => depth == 0 && !matches!(next, Some(b':' | b'=' | b';' | b',')),
        _ => false,
    }
}

/// The end of the comment, string, template or regular expression that starts at `at`, if one does.
fn skip_text(bytes: &[u8], at: usize, previous: u8) -> Option<usize> {
    let rest = &bytes[at..];
    match (rest[0], rest.get(1)) {
        (b'/', Some(b'/')) | (b'#', Some(b'!')) => {
            Some(rest.iter().position(|&b| b == b'\n').map_or(bytes.len(), |n| at + n))
        }
        (b'/', Some(b'*')) => {
            Some(rest.windows(2).skip(2).position(|w| w == b"*/").map_or(bytes.len(), |n| at + n + 4))
        }
        (quote @ (b'"' | b'\'' | b'`'), _) => Some(closing(bytes, at, quote)),
        (b'/', _) if !is_word(previous) && !matches!(previous, b')' | b']' | b'}' | b'"') => {
            Some(closing(bytes, at, b'/'))
        }
        _ => None,
    }
}

fn closing(bytes: &[u8], at: usize, quote: u8) -> usize {
    let mut i = at + 1;
    let mut class = false;
    while i < bytes.len() {
        match bytes[i] {
            b'\\' => i += 1,
            b'[' if quote == b'/' => class = true,
            b']' if quote == b'/' => class = false,
            b'\n' if quote != b'`' => return i,
            byte if byte == quote && !class => return i + 1,
            _ => {}
        }
        i += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_modules_from_scripts() {
        for (code, module) in [
            ("import http from 'k6/http'", true),
            ("// c\nexport default function () {}", true),
            ("export{a}", true),
            ("const x = await f()", true),
            ("const http = require('k6/http'); module.exports.default = () => {}", false),
            ("// import x\n/* export y */ const s = 'import z'; exports.a = 1", false),
            ("const o = { import: 1, export: 2 }; o.import; o.export", false),
            ("const r = /['\"`]/; const t = `export ${1}`; module.exports = {}", false),
            ("async function f() { await g() }", false),
            ("const a = b / c; import 'x'; d / e", true),
            ("#!/usr/bin/env k6\nimport 'x'", true),
        ] {
            assert_eq!(is_module(code), module, "{code}");
        }
    }

    #[test]
    fn specifiers_lead_to_files_or_to_one_clear_refusal() {
        let builtin = ["k6", "k6/http"];
        let from = |specifier: &str| resolve("file:///a/b/c.js", specifier, &builtin);
        assert_eq!(from("./d.js"), Ok("file:///a/b/d.js".to_owned()));
        assert_eq!(from("../common/./d.js"), Ok("file:///a/common/d.js".to_owned()));
        assert_eq!(from("/x/y.js"), Ok("file:///x/y.js".to_owned()));
        assert_eq!(from("k6/http"), Ok("k6/http".to_owned()));
        assert_eq!(
            from("k6/browser").unwrap_err().to_string(),
            "unknown module 'k6/browser': this version has k6, k6/http"
        );
        assert_eq!(
            from("flashcrowd/dynamo").unwrap_err().to_string(),
            "unknown module 'flashcrowd/dynamo': this version has k6, k6/http"
        );
        assert!(matches!(from("https://jslib.k6.io/x.js"), Err(SourceError::Remote(_))));
        assert!(matches!(from("lodash"), Err(SourceError::Bare(_))));
    }
}
