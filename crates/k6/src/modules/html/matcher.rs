//! A matcher is a CSS selector as goquery reads it: the standard's, and `:contains('text')` at the end of one.

use scraper::{ElementRef, Selector};

/// One selector of a list, and texts that what it finds must have.
struct Part {
    selector: Selector,
    texts: Vec<String>,
}

/// A list of selectors.
pub struct Matcher(Vec<Part>);

/// How a text is asked for.
const CONTAINS: &str = ":contains(";

impl Matcher {
    /// Reads a selector; one that cannot be read matches nothing, as in k6.
    pub fn read(text: &str) -> Self {
        Self(split(text).iter().filter_map(|part| Part::read(part)).collect())
    }

    /// Whether an element is one of those that are meant.
    pub fn matches(&self, element: &ElementRef<'_>) -> bool {
        self.0.iter().any(|part| part.matches(element))
    }
}

impl Part {
    fn read(text: &str) -> Option<Self> {
        let mut rest = text.trim().to_owned();
        let mut texts = Vec::new();
        while rest.ends_with(')') {
            let Some(at) = rest.rfind(CONTAINS) else { break };
            let wanted = rest[at + CONTAINS.len()..rest.len() - 1].trim();
            if wanted.contains(')') && !wanted.starts_with(['\'', '"']) {
                break;
            }
            texts.push(wanted.trim_matches(['\'', '"']).to_owned());
            rest.truncate(at);
            let needs_any = rest.is_empty() || rest.ends_with([' ', '>', '+', '~']);
            if needs_any {
                rest.push('*');
            }
        }
        Some(Self { selector: Selector::parse(&unequal(&rest)).ok()?, texts })
    }

    fn matches(&self, element: &ElementRef<'_>) -> bool {
        self.selector.matches(element)
            && (self.texts.is_empty() || {
                let whole: String = element.text().collect();
                self.texts.iter().all(|text| whole.contains(text.as_str()))
            })
    }
}

/// `[a!=b]` is jQuery's way to write `:not([a=b])`.
fn unequal(selector: &str) -> String {
    let mut rest = selector;
    let mut whole = String::with_capacity(selector.len());
    while let Some(at) = rest.find("!=") {
        let (Some(open), Some(close)) = (rest[..at].rfind('['), rest[at..].find(']')) else { break };
        whole.push_str(&rest[..open]);
        whole.push_str(&format!(":not({}={})", &rest[open..at], &rest[at + 2..=at + close]));
        rest = &rest[at + close + 1..];
    }
    whole + rest
}

/// The selectors of a list, split at the commas outside of brackets and quotes.
fn split(text: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth, mut quote) = (Vec::new(), 0, 0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), _) if open == c => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '(' | '[') => depth += 1,
            (None, ')' | ']') => depth = depth.saturating_sub(1),
            (None, ',') if depth == 0 => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use scraper::Html;

    use super::*;

    fn check(selector: &str, expected: &str) {
        let page = "<ul><li id=a class=x>one</li><li id=b>two</li><li id=c data-n='1,2'>three <b id=d>four</b></li></ul>";
        let html = Html::parse_document(page);
        let matcher = Matcher::read(selector);
        let all = html.root_element().descendants().filter_map(ElementRef::wrap);
        let ids: Vec<&str> =
            all.filter(|e| matcher.matches(e)).filter_map(|e| e.value().attr("id")).collect();
        assert_eq!(ids.join(" "), expected, "{selector}");
    }

    #[test]
    fn selectors_find_what_they_find_in_k6() {
        check("li", "a b c");
        check("li.x, b", "a d");
        check("li:not(.x)", "b c");
        check("li[class!='x']", "b c");
        check("[data-n='1,2']", "c");
        check("li:contains('two')", "b");
        check("li:contains(four) , #a", "a c");
        check("ul :contains('o'):contains('t')", "b c");
        check("li:has(b)", "c");
        check("li:nth-child(2) ~ li", "c");
        check("li[", "");
        check("", "");
        check("é:contains(", "");
    }
}
