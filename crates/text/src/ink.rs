//! Ink is the colour or weight of a piece of text on a terminal.

/// A colour or weight of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ink {
    /// As it is.
    #[default]
    Plain,
    /// A heading.
    Bold,
    /// Good.
    Green,
    /// Doubtful.
    Yellow,
    /// Bad.
    Red,
    /// Of note.
    Cyan,
    /// What explains something of note.
    FaintCyan,
    /// Of less note.
    Faint,
}

impl Ink {
    /// The text in this colour, or as it is where colours are off.
    pub fn on(self, text: &str, color: bool) -> String {
        let code = match self {
            Self::Plain => return text.to_owned(),
            Self::Bold => "1",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Red => "31",
            Self::Cyan => "36",
            Self::FaintCyan => "36;2",
            Self::Faint => "2",
        };
        if color && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_text_with_an_ink_is_coloured() {
        assert_eq!(Ink::Red.on("x", true), "\u{1b}[31mx\u{1b}[0m");
        assert_eq!(
            [Ink::Red.on("x", false), Ink::Plain.on("x", true), Ink::Red.on("", true)],
            ["x", "x", ""]
        );
    }
}
