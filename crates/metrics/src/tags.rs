//! A tag set is an immutable, sorted set of labels that samples carry.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

type Pair = (Arc<str>, Arc<str>);

/// Labels of a sample. Cloning is cheap; comparing two clones of one set is a pointer comparison.
#[derive(Clone, Debug)]
pub struct TagSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    pairs: Box<[Pair]>,
    hash: u64,
}

impl Default for TagSet {
    fn default() -> Self {
        Self::from_sorted(Vec::new())
    }
}

impl TagSet {
    /// The set without labels.
    pub fn empty() -> Self {
        Self::default()
    }

    /// A set of these labels; of two with the same key the later one stays.
    pub fn from_pairs<K: Into<Arc<str>>, V: Into<Arc<str>>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        let mut sorted: Vec<Pair> = Vec::new();
        for (key, value) in pairs {
            put(&mut sorted, key.into(), value.into());
        }
        Self::from_sorted(sorted)
    }

    /// This set with one label more, or with that label's value replaced.
    pub fn with(&self, key: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        let mut pairs = self.inner.pairs.to_vec();
        put(&mut pairs, key.into(), value.into());
        Self::from_sorted(pairs)
    }

    /// This set with all labels of the other, which win.
    pub fn merged(&self, other: &TagSet) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        let mut pairs = self.inner.pairs.to_vec();
        for (key, value) in other.inner.pairs.iter() {
            put(&mut pairs, key.clone(), value.clone());
        }
        Self::from_sorted(pairs)
    }

    /// This set without one label.
    pub fn without(&self, key: &str) -> Self {
        Self::from_sorted(self.inner.pairs.iter().filter(|(k, _)| &**k != key).cloned().collect())
    }

    /// Only the labels with these keys.
    pub fn project(&self, keys: &[&str]) -> Self {
        Self::from_sorted(self.inner.pairs.iter().filter(|(k, _)| keys.contains(&&**k)).cloned().collect())
    }

    /// The value of a label.
    pub fn get(&self, key: &str) -> Option<&str> {
        let pairs = &self.inner.pairs;
        pairs.binary_search_by(|(k, _)| (**k).cmp(key)).ok().map(|i| &*pairs[i].1)
    }

    /// All labels, sorted by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.inner.pairs.iter().map(|(k, v)| (&**k, &**v))
    }

    /// Whether there are no labels.
    pub fn is_empty(&self) -> bool {
        self.inner.pairs.is_empty()
    }

    /// How many labels there are.
    pub fn len(&self) -> usize {
        self.inner.pairs.len()
    }

    /// Whether both are clones of one set.
    pub fn same(&self, other: &TagSet) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    fn from_sorted(pairs: Vec<Pair>) -> Self {
        let mut hasher = DefaultHasher::new();
        pairs.hash(&mut hasher);
        Self { inner: Arc::new(Inner { pairs: pairs.into_boxed_slice(), hash: hasher.finish() }) }
    }
}

impl PartialEq for TagSet {
    fn eq(&self, other: &Self) -> bool {
        self.same(other) || (self.inner.hash == other.inner.hash && self.inner.pairs == other.inner.pairs)
    }
}

impl Eq for TagSet {}

impl Hash for TagSet {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.inner.hash);
    }
}

fn put(pairs: &mut Vec<Pair>, key: Arc<str>, value: Arc<str>) {
    match pairs.binary_search_by(|(k, _)| k.cmp(&key)) {
        Ok(i) => pairs[i].1 = value,
        Err(i) => pairs.insert(i, (key, value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_of_labels_does_not_matter_and_the_last_value_wins() {
        let a = TagSet::from_pairs([("b", "2"), ("a", "1"), ("b", "3")]);
        let b = TagSet::empty().with("a", "1").with("b", "3");
        assert_eq!(a, b);
        assert_eq!(a.get("b"), Some("3"));
        assert_eq!(a.get("c"), None);
        assert_eq!(a.without("b"), TagSet::from_pairs([("a", "1")]));
        assert_eq!(a.project(&["b", "x"]).iter().collect::<Vec<_>>(), [("b", "3")]);
    }
}
