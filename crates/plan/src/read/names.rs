//! Names are what placeholders can stand for in a plan: its data, and the values it keeps.

use crate::yaml::{Content, Node};

/// What placeholders can stand for.
#[derive(Debug, Default)]
pub(crate) struct Names {
    /// Data sources by position, each with its columns if it has any.
    pub(crate) data: Vec<(String, Vec<String>)>,
    /// Values that are kept from answers, by position.
    pub(crate) saved: Vec<String>,
}

/// Placeholders that always have a value.
pub(crate) const BUILT_IN: [&str; 2] = ["vu", "iteration"];

/// Fields in which `save` is no more than somebody's word.
const FOREIGN: [&str; 5] = ["json", "form", "headers", "checks", "data"];

impl Names {
    /// Finds the names of all values that a plan keeps.
    pub(crate) fn find_saved(&mut self, node: &Node) {
        match &node.content {
            Content::Scalar(_) => {}
            Content::List(items) => items.iter().for_each(|item| self.find_saved(item)),
            Content::Map(entries) => {
                for entry in entries {
                    if entry.name == "save" {
                        entry.value.map().unwrap_or_default().iter().for_each(|kept| self.keep(&kept.name));
                    } else if !FOREIGN.contains(&entry.name.as_str()) {
                        self.find_saved(&entry.value);
                    }
                }
            }
        }
    }

    fn keep(&mut self, name: &str) {
        if !self.saved.iter().any(|known| known == name) {
            self.saved.push(name.to_owned());
        }
    }

    /// All names without columns.
    pub(crate) fn all(&self) -> impl Iterator<Item = &str> {
        let data = self.data.iter().map(|(name, _)| name.as_str());
        data.chain(self.saved.iter().map(String::as_str)).chain(BUILT_IN)
    }
}

/// Whether a name can stand in a placeholder.
pub(crate) fn is_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
