//! The style of text is whether it has colours, and which.

/// Whether text has ANSI colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// Whether it has.
    pub color: bool,
}

/// What a piece of text is, which decides its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Heading,
    Good,
    Bad,
    Value,
    Extra,
    Dots,
}

impl Style {
    /// The text in the colour of what it is.
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if !self.color || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Heading => "1",
            Ink::Good => "32",
            Ink::Bad => "31",
            Ink::Value => "36",
            Ink::Extra => "36;2",
            Ink::Dots => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// A tick or a cross.
    pub(super) fn mark(self, ok: bool) -> String {
        if ok { self.paint(Ink::Good, "✓") } else { self.paint(Ink::Bad, "✗") }
    }
}
