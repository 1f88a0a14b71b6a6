//! A cut is a text from a record that is shortened, so that the page stays small whatever is in it.

/// The text up to so many characters; what is left out leaves an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_stay_whole() {
        assert_eq!(cut("재고 조회", 2), "재고…");
        assert_eq!(cut("재고 조회", 5), "재고 조회");
        assert_eq!(cut("", 0), "");
    }
}
