//! Visible text has nothing in it that a terminal or a browser obeys: control characters are shown as pictures.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character is obeyed rather than shown: controls, and those that turn the direction of text around.
pub fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The picture of such a character.
pub fn picture(c: char) -> char {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\x7f' => '\u{2421}',
        _ => char::REPLACEMENT_CHARACTER,
    }
}

/// A text of one line: a name that somebody else has chosen must not look like a line of ours.
pub fn one_line(text: &str) -> Cow<'_, str> {
    shown(text, |c| is_obeyed(c).then(|| if c == '\t' { ' ' } else { picture(c) }))
}

/// A text of any number of lines.
pub fn visible(text: &str) -> Cow<'_, str> {
    shown(text, |c| (is_obeyed(c) && !matches!(c, '\n' | '\t')).then(|| picture(c)))
}

/// A JSON document in which such characters are escaped; it says the same.
pub fn visible_json(document: &str) -> Cow<'_, str> {
    let is_raw = |c: char| is_obeyed(c) && !matches!(c, '\n' | '\r' | '\t');
    if !document.contains(is_raw) {
        return Cow::Borrowed(document);
    }
    let mut escaped = String::with_capacity(document.len() + 16);
    for c in document.chars() {
        match is_raw(c) {
            // They are all in the basic plane.
            true => drop(write!(escaped, "\\u{:04x}", u32::from(c))),
            false => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

fn shown(text: &str, instead: impl Fn(char) -> Option<char>) -> Cow<'_, str> {
    match text.contains(|c| instead(c).is_some()) {
        true => Cow::Owned(text.chars().map(|c| instead(c).unwrap_or(c)).collect()),
        false => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obeyed_is_shown() {
        for (text, line, lines) in [
            ("plain, 한국어 café", "plain, 한국어 café", "plain, 한국어 café"),
            ("a\r\nb\tc", "a␍␊b c", "a␍\nb\tc"),
            ("\x1b]8;;x\x07\x7f", "␛]8;;x␇␡", "␛]8;;x␇␡"),
            (
                "\u{9b}2J \u{202e}live\u{2069}",
                "\u{fffd}2J \u{fffd}live\u{fffd}",
                "\u{fffd}2J \u{fffd}live\u{fffd}",
            ),
        ] {
            assert_eq!((&*one_line(text), &*visible(text)), (line, lines));
            assert_eq!(one_line(&one_line(text)), one_line(text));
        }
    }

    #[test]
    fn json_says_the_same() {
        let text = "a\u{7f}\u{9b}\u{202e}b";
        let document = format!("{{\n \"{text}\": 1}}");
        let shown = visible_json(&document);
        assert_eq!(shown, "{\n \"a\\u007f\\u009b\\u202eb\": 1}");
    }
}
