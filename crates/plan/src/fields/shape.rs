//! A shape says which fields an object of a plan has, and what kind of value each is.
//!
//! It is what unknown names are found by and what the schema is made of, so that the two cannot drift apart.

/// The fields of an object.
#[derive(Debug)]
pub(crate) struct Shape {
    /// What it is called in messages and in the schema: `step with users`.
    pub(crate) name: &'static str,
    /// What it is for, for people.
    pub(crate) doc: &'static str,
    pub(crate) fields: &'static [Field],
}

/// A field of an object.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
    pub(crate) kind: FieldKind,
    /// Whether the object is nothing without it.
    pub(crate) needed: bool,
}

/// What a value can be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FieldKind {
    /// Text; may have placeholders where that makes sense.
    Text,
    /// Text, a number or a boolean, which are taken as they are written.
    Scalar,
    /// A whole number from one.
    Count,
    /// A whole number.
    Whole,
    /// `true` or `false`.
    Bool,
    /// `60s`, `1m30s`, or a number of seconds.
    Duration,
    /// A duration, or two with a dash between them.
    Durations,
    /// `200/s`, `100/m`, or a number for each second.
    Rate,
    /// `even`, `poisson` or `bursts of 20`.
    Arrivals,
    /// `50%`, or a number.
    Weight,
    /// An HTTP URL.
    Url,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A path into JSON: `$.a.b` or `/a/b`.
    JsonPath,
    /// A status code, `2xx`, or a list of these.
    Status,
    /// Anything.
    Any,
    /// What may be expected of a run, by name.
    Expected,
    /// An object.
    Object(&'static Shape),
    /// An object with names of one's own.
    Named(&'static Self),
    /// A list.
    List(&'static Self),
    /// Any of these.
    Either(&'static [Self]),
}

impl Shape {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.fields.iter().map(|field| field.name)
    }
}

impl Field {
    pub(crate) const fn new(name: &'static str, kind: FieldKind, doc: &'static str) -> Self {
        Self { name, doc, kind, needed: false }
    }

    pub(crate) const fn needed(name: &'static str, kind: FieldKind, doc: &'static str) -> Self {
        Self { name, doc, kind, needed: true }
    }
}
