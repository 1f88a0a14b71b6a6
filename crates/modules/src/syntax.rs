//! The syntax of a file says whether it is an ES module or a CommonJS file.

/// Whether source code is an ES module: it has an `import` or `export` of its own, or awaits at the top.
pub(crate) fn is_module(code: &str) -> bool {
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
}
