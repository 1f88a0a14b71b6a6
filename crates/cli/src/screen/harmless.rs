//! Harmless text has nothing in it that a terminal obeys but colours.

use std::borrow::Cow;

use flashcrowd_text::{is_obeyed, picture};

/// The text with nothing in it that a terminal obeys but colours. Names and answers come from servers, scripts and
/// other people's records; their control characters are shown as pictures.
pub(super) fn harmless(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_harmless = |c: char| !is_obeyed(c) || matches!(c, '\n' | '\t');
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.chars().all(is_harmless)
    {
        return Cow::Borrowed(bytes);
    }
    let text = String::from_utf8_lossy(bytes);
    let (mut shown, mut rest) = (String::with_capacity(text.len()), text.as_ref());
    while let Some(c) = rest.chars().next() {
        let colour = colour(rest.as_bytes());
        if colour > 0 {
            shown.push_str(&rest[..colour]);
            rest = &rest[colour..];
            continue;
        }
        // The end of a line may be two characters.
        if !rest.starts_with("\r\n") {
            shown.push(if is_harmless(c) { c } else { picture(c) });
        }
        rest = &rest[c.len_utf8()..];
    }
    Cow::Owned(shown.into_bytes())
}

/// The length of the colour that a text begins with, zero if it begins with something else.
fn colour(bytes: &[u8]) -> usize {
    let Some(parameters) = bytes.strip_prefix(b"\x1b[") else { return 0 };
    let length = parameters.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b';').count();
    if parameters.get(length) == Some(&b'm') { 2 + length + 1 } else { 0 }
}

/// A line without its colours.
pub(super) fn without_colours(line: &str) -> String {
    let (mut plain, mut rest) = (String::with_capacity(line.len()), line);
    while let Some(c) = rest.chars().next() {
        let length = colour(rest.as_bytes());
        if length == 0 {
            plain.push(c);
        }
        rest = &rest[length.max(c.len_utf8())..];
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_obeys_colours_and_nothing_else() {
        for (text, shown) in [
            ("plain, 한국어, tab\t\n", "plain, 한국어, tab\t\n"),
            ("\x1b[1;31mred\x1b[0m", "\x1b[1;31mred\x1b[0m"),
            ("\x1b]0;title\x07\x1b[2J\x1b[H", "␛]0;title␇␛[2J␛[H"),
            ("over\rwritten\r\n", "over␍written\n"),
            ("\u{9b}2J caf\u{e9} \u{a0}", "\u{fffd}2J caf\u{e9} \u{a0}"),
            ("\u{202e}live\u{2066}", "\u{fffd}live\u{fffd}"),
            ("\0\x7f\x1b[31", "␀␡␛[31"),
        ] {
            assert_eq!(String::from_utf8_lossy(&harmless(text.as_bytes())), shown);
        }
    }

    #[test]
    fn colours_can_be_left_out() {
        assert_eq!(without_colours("\x1b[1;31m빨강\x1b[0m, \x1b[2Jleft"), "빨강, \x1b[2Jleft");
    }
}
