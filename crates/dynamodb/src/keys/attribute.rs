//! An attribute is looked for in a request's JSON by its path, and read without a copy of anything else.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The text at a path of members in a JSON object. A value such as `{"S": "a"}` is the text in it.
pub(super) fn text_at<'a>(body: &'a [u8], path: &[&str]) -> Option<Cow<'a, str>> {
    At(path).deserialize(&mut serde_json::Deserializer::from_slice(body)).ok()?
}

/// What is at a path of members; a path that is at its end takes a text, or the first text in an object.
pub(super) struct At<'p>(pub &'p [&'p str]);

impl<'de> DeserializeSeed<'de> for At<'_> {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for At<'_> {
    type Value = Option<Cow<'de, str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a request")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(name) = map.next_key_seed(Name)? {
            match self.0.split_first() {
                Some((first, rest)) if *name == **first && found.is_none() => {
                    found = map.next_value_seed(At(rest))?;
                }
                None if found.is_none() => found = map.next_value_seed(At(&[]))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then_some(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(self.0.is_empty().then(|| Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

/// A name, borrowed where it has no escapes.
pub(super) struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_by_their_path() {
        let body = br#"{"n":1,"list":[{"id":{"S":"no"}}],"Key":{"sort":{"N":"7"},"id":{"S":"a\"b"}},"Name":"T","x":null}"#;
        let at = |path: &[&str]| text_at(body, path).map(Cow::into_owned);
        assert_eq!(at(&["Key", "id"]).as_deref(), Some("a\"b"));
        assert_eq!(at(&["Key", "sort"]).as_deref(), Some("7"));
        assert_eq!(at(&["Name"]).as_deref(), Some("T"));
        for path in [&["Key", "other"][..], &["list", "id"], &["Name", "id"], &["n"], &["x"], &["nothing"]] {
            assert_eq!(at(path), None, "{path:?}");
        }
        assert_eq!(text_at(b"no json", &["a"]), None);
    }
}
