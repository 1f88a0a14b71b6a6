//! A throw of a text or object tells its place: unlike an error, what is thrown has no stack to tell it by.
//!
//! Such statements are rewritten before a file is compiled: `throw 'no stock'` notes its place in a global, and then
//! throws as before. Nothing else of the file changes, and no line moves.

use rquickjs::{Ctx, object::Property};

/// The global in which the place of the last such statement is.
const PLACE: &str = "__flashcrowd_thrown_at";

/// After these words a slash begins a pattern.
const BEFORE_PATTERNS: [&[u8]; 6] = [b"return", b"typeof", b"case", b"in", b"of", b"throw"];

/// Source code whose throws of texts, numbers and objects note their places; `name` is the module's.
pub fn noting(code: &str, name: &str) -> String {
    let places = places(code.as_bytes());
    if places.is_empty() {
        return code.to_owned();
    }
    let mut noting = String::with_capacity(code.len() + places.len() * (name.len() + 48));
    let mut from = 0;
    for at in places {
        let before = &code[..at];
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
        noting.push_str(&code[from..at + THROW.len()]);
        let place = serde_json::Value::from(format!("{name}:{line}:{column}"));
        noting.push_str(&format!(" {PLACE}={place},"));
        from = at + THROW.len();
    }
    noting.push_str(&code[from..]);
    noting
}

/// Gives a VM the global.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    ctx.globals().prop(PLACE, Property::from("").writable())
}

/// The place of the last such statement, as a line below what was thrown; empty where there was none.
pub fn last(ctx: &Ctx<'_>) -> String {
    let place: String = ctx.globals().get(PLACE).unwrap_or_default();
    if place.is_empty() { place } else { format!("\n\tat {place}") }
}

/// Forgets the place: what is thrown from now on was not thrown there.
pub fn forget(ctx: &Ctx<'_>) {
    // Only a script that has made the global its own keeps this from being done.
    let _ = ctx.globals().set(PLACE, "");
}

const THROW: &str = "throw";

/// Where `throw` stands before a literal.
fn places(code: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    // What stands before: a value, after which a slash divides, or not.
    let (mut at, mut after_value) = (0, false);
    while at < code.len() {
        let rest = &code[at..];
        match rest[0] {
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            }
            b'/' if rest.starts_with(b"/*") => {
                at += rest.windows(2).skip(2).position(|end| end == b"*/").map_or(rest.len(), |end| end + 4);
            }
            quote @ (b'"' | b'\'' | b'`') => (at, after_value) = (closing(code, at, quote), true),
            b'/' if !after_value => (at, after_value) = (closing(code, at, b'/'), true),
            byte if is_word(byte) => {
                let end = rest.iter().position(|byte| !is_word(*byte)).unwrap_or(rest.len());
                let word = &rest[..end];
                let is_member = at > 0 && code[at - 1] == b'.';
                if word == THROW.as_bytes() && !is_member && is_before_literal(&rest[end..]) {
                    found.push(at);
                }
                after_value = is_member || !BEFORE_PATTERNS.contains(&word);
                at += end;
            }
            byte => {
                if !byte.is_ascii_whitespace() {
                    after_value = matches!(byte, b')' | b']' | b'}');
                }
                at += 1;
            }
        }
    }
    found
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'$' || byte >= 0x80
}

/// Whether a text, number or object follows on the same line.
fn is_before_literal(rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let next = rest.get(blanks).copied().unwrap_or_default();
    matches!(next, b'\'' | b'"' | b'`') || (blanks > 0 && (next == b'{' || next.is_ascii_digit()))
}

/// The end of the string, template or pattern that begins at `at`.
fn closing(code: &[u8], at: usize, quote: u8) -> usize {
    let (mut i, mut in_class) = (at + 1, false);
    while i < code.len() {
        match code[i] {
            b'\\' => i += 1,
            b'[' if quote == b'/' => in_class = true,
            b']' if quote == b'/' => in_class = false,
            b'\n' if quote != b'`' => return i,
            byte if byte == quote && !in_class => return i + 1,
            _ => {}
        }
        i += 1;
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_of_literals_are_found_and_nothing_else() {
        for (code, expected) in [
            ("throw 'a'", vec!["1:1"]),
            ("if (x) {\n  throw `a${b}`; }", vec!["2:3"]),
            ("throw { code: 1 }; throw 7; throw\"x\"", vec!["1:1", "1:20", "1:29"]),
            ("throw new Error('throw \"x\"'); throw error; throw\n'x'", vec![]),
            ("it.throw('x'); const o = { throw: 'x' }; o.throw 'x'", vec![]),
            ("'throw \"x\"'; `throw 'x'`; // throw 'x'\n/* throw 'x' */ /throw 'x'/", vec![]),
            ("return /it's/.test(x); throw 'y'", vec!["1:24"]),
            ("a / b; throw 'c' / d", vec!["1:8"]),
            ("const r = /['\"`]/; throw 'z'", vec!["1:20"]),
            ("rethrow 'x'", vec![]),
        ] {
            let found: Vec<String> = places(code.as_bytes())
                .into_iter()
                .map(|at| {
                    let before = &code[..at];
                    let line = before.matches('\n').count() + 1;
                    format!("{line}:{}", before.rsplit('\n').next().unwrap().len() + 1)
                })
                .collect();
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn the_rest_of_a_file_stays_as_it_is() {
        assert_eq!(noting("throw new Error('x');", "file:///a.js"), "throw new Error('x');");
        assert_eq!(
            noting("f();\nthrow 'x';\n", "file:///a \"b\".js"),
            "f();\nthrow __flashcrowd_thrown_at=\"file:///a \\\"b\\\".js:2:1\", 'x';\n"
        );
    }
}
