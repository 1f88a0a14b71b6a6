//! Nesting is how deep a page's elements stand in each other. Parsing takes time by the number of elements times that.

/// No page that somebody wrote is deeper.
pub const MOST: usize = 1000;

/// Elements that nothing stands in, or whose end may be left out and then comes with the next of their kind.
const FLAT: [&str; 36] = [
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track",
    "wbr", "html", "head", "body", "p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead",
    "tbody", "tfoot", "colgroup", "caption", "rb", "rt", "rtc", "rp", "frame",
];

/// Elements whose content is text.
const TEXTS: [&str; 7] = ["script", "style", "textarea", "title", "xmp", "iframe", "noembed"];

/// Whether a page is nested deeper than [`MOST`].
pub fn is_too_deep(page: &str) -> bool {
    let bytes = page.as_bytes();
    let (mut at, mut depth) = (0, 0usize);
    while let Some(found) = find(&bytes[at..], b"<") {
        at += found + 1;
        let closes = bytes.get(at) == Some(&b'/');
        let start = at + usize::from(closes);
        let name: Vec<u8> = bytes[start..]
            .iter()
            .take(16)
            .take_while(|byte| byte.is_ascii_alphanumeric())
            .map(u8::to_ascii_lowercase)
            .collect();
        let Ok(name) = std::str::from_utf8(&name) else { continue };
        if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || FLAT.contains(&name) {
            continue;
        }
        if closes {
            depth = depth.saturating_sub(1);
            continue;
        }
        if TEXTS.contains(&name) {
            at = start + find(&bytes[start..], b"</").unwrap_or(bytes.len() - start);
        }
        depth += 1;
        if depth > MOST {
            return true;
        }
    }
    false
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stays_open_counts() {
        let many = |part: &str| part.repeat(5000);
        assert!(is_too_deep(&many("<div>")));
        assert!(is_too_deep(&many("<b>x")));
        assert!(is_too_deep(&many("<TABLE><tr><td>")));
        assert!(!is_too_deep(&many("<div></div>")));
        assert!(!is_too_deep(&many("<p>x<br><img src=a><li>y")));
        assert!(!is_too_deep(&format!("<ul>{}</ul>", many("<li>a <b>b</b>"))));
        assert!(!is_too_deep(&format!("<script>{}</script>", many("a<b;"))));
        assert!(!is_too_deep(&many("a < b < ")));
        assert!(!is_too_deep(""));
    }
}
