//! What rows of the timeline have in common: the same tags and names come in every line of a long run, and are in memory
//! once.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags by name, shared by all rows that have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowTags(Arc<BTreeMap<String, String>>);

/// A text that rows share.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SharedText(Arc<str>);

/// What was seen before, so that what is equal is one.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    tags: HashSet<RowTags>,
    texts: HashSet<SharedText>,
}

impl Seen {
    /// Makes these tags the ones that were seen before, if they were.
    pub(crate) fn share_tags(&mut self, tags: &mut RowTags) {
        share(&mut self.tags, tags);
    }

    /// The same for a text.
    pub(crate) fn share_text(&mut self, text: &mut SharedText) {
        share(&mut self.texts, text);
    }
}

fn share<T: Clone + Eq + Hash>(seen: &mut HashSet<T>, value: &mut T) {
    match seen.get(value) {
        Some(seen) => value.clone_from(seen),
        None => drop(seen.insert(value.clone())),
    }
}

impl Deref for SharedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for SharedText {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for SharedText {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl From<&str> for SharedText {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

impl From<String> for SharedText {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl Serialize for SharedText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for SharedText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer).map(|text| Self::from(&*text))
    }
}

impl Deref for RowTags {
    type Target = BTreeMap<String, String>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for RowTags {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl From<BTreeMap<String, String>> for RowTags {
    fn from(tags: BTreeMap<String, String>) -> Self {
        Self(Arc::new(tags))
    }
}

impl<const N: usize> From<[(String, String); N]> for RowTags {
    fn from(tags: [(String, String); N]) -> Self {
        Self::from(BTreeMap::from(tags))
    }
}

impl FromIterator<(String, String)> for RowTags {
    fn from_iter<T: IntoIterator<Item = (String, String)>>(tags: T) -> Self {
        Self::from(tags.into_iter().collect::<BTreeMap<_, _>>())
    }
}

impl Serialize for RowTags {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_ref().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for RowTags {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_tags_are_one_until_they_are_changed() {
        let tags = |value: &str| RowTags::from_iter([("name".to_owned(), value.to_owned())]);
        let (mut seen, mut one, mut other, mut third) = (Seen::default(), tags("a"), tags("a"), tags("b"));
        [&mut one, &mut other, &mut third].into_iter().for_each(|tags| seen.share_tags(tags));
        assert!(Arc::ptr_eq(&one.0, &other.0) && !Arc::ptr_eq(&one.0, &third.0));
        other.insert("name".to_owned(), "c".to_owned());
        assert_eq!((one["name"].as_str(), other["name"].as_str()), ("a", "c"));
        assert_eq!(serde_json::to_string(&third).unwrap(), r#"{"name":"b"}"#);
    }
}
