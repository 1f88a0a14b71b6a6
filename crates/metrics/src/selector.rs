//! A selector names a metric, or the part of it whose samples carry certain tags: `name{tag:value,...}`.

use crate::tags::TagSet;

/// A metric's name with the tags that select a sub-metric, as thresholds write it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name.
    pub metric: String,
    /// All of these must be equal; empty selects the whole metric.
    pub tags: Vec<(String, String)>,
}

/// Why a selector could not be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SelectorError {
    /// A brace is missing.
    #[error("'{0}' must end with a closing brace: write name{{tag:value}}")]
    Brace(String),
    /// A tag has no value.
    #[error("'{selector}': tag '{tag}' has no value: write name{{tag:value}}")]
    Value {
        /// The whole selector.
        selector: String,
        /// The tag as written.
        tag: String,
    },
    /// The braces are empty.
    #[error("'{0}' selects by no tag: write name{{tag:value}}, or the name alone")]
    Empty(String),
}

impl Selector {
    /// Reads `name` or `name{tag:value,...}`; blanks and quotes around keys and values are dropped.
    pub fn parse(text: &str) -> Result<Self, SelectorError> {
        let Some((metric, rest)) = text.split_once('{') else {
            return Ok(Self { metric: text.trim().to_owned(), tags: Vec::new() });
        };
        let inner = rest.trim_end().strip_suffix('}').ok_or_else(|| SelectorError::Brace(text.to_owned()))?;
        if inner.trim().is_empty() {
            return Err(SelectorError::Empty(text.to_owned()));
        }
        let tags = inner.split(',').map(|tag| parse_tag(text, tag)).collect::<Result<_, _>>()?;
        Ok(Self { metric: metric.trim().to_owned(), tags })
    }

    /// Whether samples with these tags are selected.
    pub fn matches(&self, tags: &TagSet) -> bool {
        self.tags.iter().all(|(key, value)| tags.get(key) == Some(value))
    }
}

fn parse_tag(selector: &str, tag: &str) -> Result<(String, String), SelectorError> {
    let missing = || SelectorError::Value { selector: selector.to_owned(), tag: tag.trim().to_owned() };
    let (key, value) = tag.split_once(':').ok_or_else(missing)?;
    let (key, value) = (bare(key), bare(value));
    if key.is_empty() || value.is_empty() {
        return Err(missing());
    }
    Ok((key.to_owned(), value.to_owned()))
}

fn bare(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(selector: &str) -> Vec<(String, String)> {
        Selector::parse(selector).unwrap().tags
    }

    #[test]
    fn reads_names_tags_quotes_and_colons() {
        assert_eq!(
            Selector::parse("http_reqs").unwrap(),
            Selector { metric: "http_reqs".into(), tags: vec![] }
        );
        assert_eq!(tags("m{a:b, 'c' : \"d e\"}"), [("a".into(), "b".into()), ("c".into(), "d e".into())]);
        assert_eq!(tags("m{group:::login}"), [("group".into(), "::login".into())]);
    }

    #[test]
    fn refuses_half_written_selectors() {
        for wrong in ["m{", "m{a:b", "m{}", "m{a}", "m{a:}", "m{:b}"] {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }
}
