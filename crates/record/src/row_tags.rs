//! Tags of a row of the timeline: the same ones come in every line of a long run, and are in memory once.

use std::collections::{BTreeMap, HashSet};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Tags by name, shared by all rows that have the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowTags(Arc<BTreeMap<String, String>>);

/// The tags that were seen, so that equal ones are one.
#[derive(Debug, Default)]
pub(crate) struct SeenTags(HashSet<RowTags>);

impl SeenTags {
    /// Makes these tags the ones that were seen before, if they were.
    pub(crate) fn share(&mut self, tags: &mut RowTags) {
        match self.0.get(tags) {
            Some(seen) => tags.clone_from(seen),
            None => drop(self.0.insert(tags.clone())),
        }
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
        let (mut seen, mut one, mut other, mut third) =
            (SeenTags::default(), tags("a"), tags("a"), tags("b"));
        [&mut one, &mut other, &mut third].into_iter().for_each(|tags| seen.share(tags));
        assert!(Arc::ptr_eq(&one.0, &other.0) && !Arc::ptr_eq(&one.0, &third.0));
        other.insert("name".to_owned(), "c".to_owned());
        assert_eq!((one["name"].as_str(), other["name"].as_str()), ("a", "c"));
        assert_eq!(serde_json::to_string(&third).unwrap(), r#"{"name":"b"}"#);
    }
}
