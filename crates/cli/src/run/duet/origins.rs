//! The origins that stand in the texts of a script, for those who have to name one.

use flashcrowd_record::Source;

/// How many are told.
const TOLD: usize = 3;

/// The first origins of URLs in these texts.
pub(super) fn origins(sources: &[Source]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for source in sources {
        for (at, scheme) in
            ["http://", "https://"].iter().flat_map(|scheme| source.text.match_indices(scheme))
        {
            let rest = &source.text[at + scheme.len()..];
            let end =
                rest.find(|c: char| !(c.is_alphanumeric() || ".-:_[]".contains(c))).unwrap_or(rest.len());
            let origin = format!("{scheme}{}", rest[..end].trim_end_matches(['.', ':']));
            if end > 0 && !found.contains(&origin) {
                found.push(origin);
            }
        }
    }
    found.truncate(TOLD);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_of_urls_are_found() {
        let text = "http.get('https://shop.test:81/x'); http.get(`http://a.test/${id}`) // see https://shop.test:81/y. http://${h}";
        let source = Source { path: "s.js".into(), text: text.into() };
        assert_eq!(origins(&[source]), ["http://a.test", "https://shop.test:81"]);
    }
}
