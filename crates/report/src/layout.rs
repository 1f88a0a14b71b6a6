//! A layout is how a document is set: its language, whether it has colours, and how wide it is.

use flashcrowd_text::Lang;

/// The columns of a document that is read who knows where. Prose never has more: longer lines are hard to read.
const USUAL: usize = 100;
/// A narrower terminal is treated as if it had so many columns.
const NARROWEST: usize = 40;

/// How a document is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The language of its words.
    pub lang: Lang,
    /// Whether it has colours.
    pub color: bool,
    columns: usize,
}

impl Layout {
    /// For a file or a pipe: 100 columns, no colours.
    pub fn document(lang: Lang) -> Self {
        Self { lang, color: false, columns: USUAL }
    }

    /// For a terminal of so many columns.
    pub fn terminal(lang: Lang, color: bool, columns: usize) -> Self {
        Self { lang, color, columns: columns.max(NARROWEST) }
    }

    /// The columns that a table may take.
    pub fn columns(self) -> usize {
        self.columns
    }

    /// The columns of prose.
    pub(crate) fn prose(self) -> usize {
        self.columns.min(USUAL)
    }
}
