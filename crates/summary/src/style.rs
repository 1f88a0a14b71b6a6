//! The style of text is whether it has colours, and which.

use flashcrowd_text::Ink;

/// Whether text has ANSI colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether it has.
    pub color: bool,
}

/// The ink of headings.
pub(super) const HEADING: Ink = Ink::Bold;
/// The ink of what was met.
pub(super) const GOOD: Ink = Ink::Green;
/// The ink of what was missed.
pub(super) const BAD: Ink = Ink::Red;
/// The ink of values.
pub(super) const VALUE: Ink = Ink::Cyan;
/// The ink of what explains a value.
pub(super) const EXTRA: Ink = Ink::FaintCyan;
/// The ink of the dots between a name and its value.
pub(super) const DOTS: Ink = Ink::Faint;

impl Style {
    /// The text in that ink, where there are colours.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        ink.on(text, self.color)
    }

    /// A tick or a cross.
    pub(super) fn mark(self, ok: bool) -> String {
        if ok { self.paint(GOOD, "✓") } else { self.paint(BAD, "✗") }
    }
}
