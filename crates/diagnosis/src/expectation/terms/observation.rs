//! An observation is what was found out about a promise, before it is compared with its target.

use flashcrowd_record::Mark;
use indexmap::IndexMap;

/// What was found out about a promise.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) found: Found,
    /// What is shown as value; none where no number tells.
    pub(crate) value: Option<f64>,
    pub(crate) unit: &'static str,
    /// The mark, where it does not follow from what was found and the target alone.
    pub(crate) mark: Option<Mark>,
    /// Which text tells how it came about.
    pub(crate) note: &'static str,
    pub(crate) figures: IndexMap<String, f64>,
    pub(crate) labels: IndexMap<String, String>,
}

/// What was found out, or why nothing could be: the same in a box.
pub(crate) type Looked = Result<Observation, Box<Observation>>;

/// What is compared with the target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Found {
    Number(f64),
    Truth(bool),
    /// There is nothing to compare.
    Nothing,
}

impl Observation {
    fn new(found: Found, note: &'static str) -> Self {
        let (figures, labels) = (IndexMap::new(), IndexMap::new());
        Self { found, value: None, unit: "", mark: None, note, figures, labels }
    }

    /// A number was measured.
    pub(crate) fn number(value: f64, unit: &'static str, note: &'static str) -> Self {
        Self::new(Found::Number(value), note).shown(value, unit)
    }

    /// Yes or no.
    pub(crate) fn truth(truth: bool, note: &'static str) -> Self {
        Self::new(Found::Truth(truth), note)
    }

    /// There is nothing to judge by; the note says why.
    pub(crate) fn not_measured(note: &'static str) -> Self {
        Self::new(Found::Nothing, note)
    }

    /// With this as its value.
    pub(crate) fn shown(self, value: f64, unit: &'static str) -> Self {
        Self { value: Some(value), unit, ..self }
    }

    /// With this mark, whatever the target.
    pub(crate) fn marked(self, mark: Mark) -> Self {
        Self { mark: Some(mark), ..self }
    }

    /// With a number for its text.
    pub(crate) fn figure(mut self, name: &str, value: f64) -> Self {
        self.figures.insert(name.to_owned(), value);
        self
    }

    /// With a word for its text.
    pub(crate) fn label(mut self, name: &str, word: impl Into<String>) -> Self {
        self.labels.insert(name.to_owned(), word.into());
        self
    }
}
