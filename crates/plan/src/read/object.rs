//! An object is a node whose fields are those of a shape; fields that are not are reported when it is opened.

use flashcrowd_text::nearest;

use super::reader::Reader;
use crate::fields::Shape;
use crate::yaml::{Entry, Node, Place};

/// A node with the fields of a shape.
#[derive(Clone, Copy)]
pub(crate) struct Object<'n> {
    pub(crate) place: Place,
    entries: &'n [Entry],
    shape: &'static Shape,
}

impl<'n> Object<'n> {
    /// Opens a node, and reports what is not as its shape says.
    pub(crate) fn open(reader: &mut Reader<'_>, node: &'n Node, shape: &'static Shape) -> Option<Self> {
        let Some(entries) = node.map() else {
            let names: Vec<_> = shape.names().collect();
            let message =
                format!("{} is no {}: write fields such as {}", node.told(), shape.name, names.join(", "));
            reader.wrong(node.place, message);
            return None;
        };
        for entry in entries {
            if !shape.has(&entry.name) {
                reader.wrong(entry.place, unknown(&entry.name, shape));
            } else if entry.value.is_null() {
                reader.wrong(
                    entry.place,
                    format!("'{}' is empty: give it a value, or leave it out", entry.name),
                );
            }
        }
        Some(Self { place: node.place, entries, shape })
    }

    /// A field that is there.
    pub(crate) fn get(&self, name: &str) -> Option<&'n Node> {
        debug_assert!(self.shape.has(name), "{name} is no field of {}", self.shape.name);
        self.entry(name).map(|entry| &entry.value).filter(|value| !value.is_null())
    }

    /// A field that is there, with its name.
    pub(crate) fn entry(&self, name: &str) -> Option<&'n Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Reports the fields that are needed and are not there.
    pub(crate) fn require(&self, reader: &mut Reader<'_>) {
        let missing =
            self.shape.fields.iter().filter(|field| field.needed && self.entry(field.name).is_none());
        for field in missing {
            if !self.misspells(field.name) {
                let message = format!("{} needs '{}': {}", article(self.shape.name), field.name, field.doc);
                reader.wrong(self.place, message.trim_end_matches('.'));
            }
        }
    }

    /// Whether a field is there under a name that is nearly its own, which is reported as such.
    pub(crate) fn misspells(&self, name: &str) -> bool {
        let strangers = self.entries.iter().filter(|entry| !self.shape.has(&entry.name));
        strangers.into_iter().any(|entry| nearest(&entry.name, self.shape.names()) == Some(name))
    }
}

/// A name with its article.
pub(crate) fn article(name: &str) -> String {
    let article = if name.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {name}")
}

/// What is said of a field that is not in a shape.
pub(crate) fn unknown(name: &str, shape: &Shape) -> String {
    match nearest(name, shape.names()) {
        Some(near) => format!("unknown field '{name}' of {}: did you mean '{near}'?", article(shape.name)),
        None => {
            let names: Vec<_> = shape.names().collect();
            format!("unknown field '{name}': {} has {}", article(shape.name), names.join(", "))
        }
    }
}
