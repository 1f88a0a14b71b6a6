//! To fold a name is to put a pattern in the place of what differs in it, so that requests have few names.

/// The pattern of a name: numbers and what looks like an identifier are replaced, a query's values are left out.
pub(super) fn fold(name: &str) -> String {
    let (path, query) = name.split_once('?').map_or((name, None), |(path, query)| (path, Some(query)));
    let mut folded: String = path.split('/').map(segment).collect::<Vec<_>>().join("/");
    if let Some(query) = query {
        let keys = query.split('&').map(|pair| match pair.split_once('=') {
            Some((key, _)) => format!("{key}=[...]"),
            None => segment(pair),
        });
        folded.push('?');
        folded.push_str(&keys.collect::<Vec<_>>().join("&"));
    }
    folded
}

fn segment(text: &str) -> String {
    let digits = text.bytes().filter(u8::is_ascii_digit).count();
    let is_hex = text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_hex || (digits > 0 && digits * 2 >= text.len()) {
        return "[...]".to_owned();
    }
    if digits == 0 {
        return text.to_owned();
    }
    let mut out = String::new();
    for character in text.chars() {
        match character.is_ascii_digit() {
            true if out.ends_with("[n]") => {}
            true => out.push_str("[n]"),
            false => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_replaced() {
        for (name, folded) in [
            ("/items/17", "/items/[...]"),
            ("/items/item-17/buy", "/items/item-[n]/buy"),
            ("/u/550e8400-e29b-41d4-a716-446655440000", "/u/[...]"),
            ("/search?q=shoes&page=3", "/search?q=[...]&page=[...]"),
            ("/about", "/about"),
        ] {
            assert_eq!(fold(name), folded);
        }
    }
}
