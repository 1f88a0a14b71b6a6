//! Together is how numbers and their units stay in one line, wherever on the page they are.

use flashcrowd_text::with_hard_blanks;

/// What is copied, or is no text.
const VERBATIM: [&str; 3] = ["script", "style", "code"];

/// The page with no-break spaces between numbers and their units in its texts.
pub(crate) fn together(page: &str) -> String {
    let mut whole = String::with_capacity(page.len() + page.len() / 50);
    let mut rest = page;
    while let Some(start) = rest.find('<') {
        let (text, tag) = rest.split_at(start);
        whole += &with_hard_blanks(text);
        let end = tag_end(tag);
        whole += &tag[..end];
        rest = &tag[end..];
    }
    whole + &with_hard_blanks(rest)
}

/// Where a tag ends; that of an element that is left as it is ends with its element.
fn tag_end(tag: &str) -> usize {
    let name = tag[1..].split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
    let close = format!("</{name}>");
    let end = if VERBATIM.contains(&name) { tag.find(&close).map(|at| at + close.len()) } else { None };
    end.or_else(|| tag.find('>').map(|at| at + 1)).unwrap_or(tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_texts_are_changed() {
        let page =
            "<p title=\"1 ms\">1 ms</p><code>sleep 2 s</code><style>a { b: 1 s }</style><td>3 users</td> 4 s";
        let expected = "<p title=\"1 ms\">1\u{a0}ms</p><code>sleep 2 s</code><style>a { b: 1 s }</style><td>3\u{a0}users</td> 4\u{a0}s";
        assert_eq!(together(page), expected);
        assert_eq!(together("<br"), "<br");
    }
}
