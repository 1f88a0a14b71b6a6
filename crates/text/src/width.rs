//! The width of a text is the columns that it takes on a screen, neither its bytes nor its characters: 한 takes two.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The columns of a text that may contain escape sequences.
pub fn plain_width(text: &str) -> usize {
    let mut escape = false;
    let seen = text.chars().filter(|&c| {
        let hidden = escape || c == '\x1b';
        escape = hidden && c != 'm';
        !hidden
    });
    // As a whole, since a selector after a character can widen it: ⚠️ takes two.
    seen.collect::<String>().width()
}

/// The text with blanks behind it, up to that many columns.
pub fn pad(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(plain_width(text))))
}

/// The text with blanks in front of it, up to that many columns.
pub fn pad_left(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(plain_width(text))))
}

/// The beginning of a text that fits, with an ellipsis where something was cut off. Escape sequences take no room.
pub fn cut(text: &str, columns: usize) -> String {
    if plain_width(text) <= columns {
        return text.to_owned();
    }
    let (mut cut, mut used, mut escape, mut colored) = (String::new(), 0, false, false);
    for c in text.chars() {
        if escape || c == '\x1b' {
            colored = true;
            escape = c != 'm';
            cut.push(c);
            continue;
        }
        used += c.width().unwrap_or(0);
        if used > columns.saturating_sub(1) {
            break;
        }
        cut.push(c);
    }
    if columns > 0 {
        cut.push('…');
    }
    if colored {
        cut.push_str("\x1b[0m");
    }
    cut
}

/// The first characters of a text, with an ellipsis in place of the others, for documents without columns.
pub fn first_characters(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The last characters of a text, with an ellipsis in place of the others, `most` characters in total.
pub fn last_characters(text: &str, most: usize) -> String {
    let length = text.chars().count();
    if length <= most {
        return text.to_owned();
    }
    format!("…{}", text.chars().skip(length + 1 - most).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_takes_two_columns_a_letter() {
        assert_eq!(width("장바구니"), 8);
        assert_eq!((pad("주문", 6), pad_left("주문", 6)), ("주문  ".to_owned(), "  주문".to_owned()));
        assert_eq!(cut("장바구니", 8), "장바구니");
        assert_eq!(cut("장바구니", 6), "장바…");
        assert_eq!(cut("\x1b[31m장바구니\x1b[0m", 5), "\x1b[31m장바…\x1b[0m");
        assert_eq!(cut("ab", 0), "");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(pad("\x1b[31m주문\x1b[0m", 6), "\x1b[31m주문\x1b[0m  ");
    }

    #[test]
    fn characters_stay_whole() {
        assert_eq!(first_characters("재고 조회", 2), "재고…");
        assert_eq!(first_characters("재고 조회", 5), "재고 조회");
        assert_eq!(first_characters("", 0), "");
        assert_eq!(last_characters("Products", 8), "Products");
        assert_eq!(last_characters("shop-eu-1-Products", 9), "…Products");
        assert_eq!(last_characters("가나다라", 3), "…다라");
    }
}
