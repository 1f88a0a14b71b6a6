//! Room is the stack that a parser may need for a text: parsers call themselves once a level, and texts may be of nothing
//! but levels.

/// Bytes of stack that every text gets.
const BASE: usize = 8 << 20;
/// The most bytes of stack that a text gets; only what is touched takes memory.
const MOST: usize = 16 << 30;

/// Runs what parses a text on a stack that is large enough for any text of that many tokens, at so many bytes a token;
/// nothing if there is no such stack.
pub(crate) fn with_room<T: Send>(text: &str, a_token: usize, work: impl FnOnce() -> T + Send) -> Option<T> {
    let size = tokens(text).checked_mul(a_token)?.checked_add(BASE).filter(|size| *size <= MOST)?;
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new().stack_size(size).spawn_scoped(scope, work).ok()?;
        worker.join().ok()
    })
}

/// At least as many as a text has tokens that can begin a level: words, and marks that close nothing.
fn tokens(text: &str) -> usize {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || byte >= 0x80;
    let mut in_word = false;
    let begins = |byte: u8| {
        let was = std::mem::replace(&mut in_word, is_word(byte));
        match byte {
            _ if is_word(byte) => !was,
            b';' | b',' | b')' | b']' | b'}' | b'"' | b'\'' => false,
            _ => !byte.is_ascii_whitespace(),
        }
    };
    text.bytes().map(begins).filter(|begins| *begins).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_words_and_marks() {
        assert_eq!(tokens("const x=[!!a]; // ok"), 10);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn a_text_with_too_many_has_no_room() {
        assert_eq!(with_room("a", 1, || 7), Some(7));
        assert_eq!(with_room("[[", MOST, || 7), None);
    }
}
