//! The palette is the inks that charts are drawn with; the page's style sheet maps each of them to light and dark.

use plotters::style::RGBColor;

/// What a part of a chart is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Labels of axes and phases.
    Text,
    /// Lines of the grid.
    Grid,
    /// Axes.
    Axis,
    /// The background of every other phase.
    Band,
    /// A series.
    Blue,
    /// A series.
    Teal,
    /// A series.
    Purple,
    /// A series.
    Amber,
    /// A series, mostly of something bad.
    Red,
    /// A series.
    Brown,
    /// What was ordered, computed or allowed, dashed.
    Reference,
    /// A mark that stands out.
    Alarm,
}

/// The part of a style sheet that gives each ink the variable of its name, whatever is drawn with it.
pub(crate) fn ink_rules() -> String {
    let rules = Ink::ALL.map(|ink| {
        let (class, RGBColor(red, green, blue)) = (ink.class(), ink.color());
        let color = format!("#{red:02X}{green:02X}{blue:02X}");
        let dashes = if ink == Ink::Reference { ";stroke-dasharray:18 14" } else { "" };
        format!(
            ".{class}{{color:var(--{class})}}.chart [stroke=\"{color}\"]{{stroke:var(--{class}){dashes}}}\
             .chart [fill=\"{color}\"]{{fill:var(--{class})}}"
        )
    });
    rules.join("\n")
}

/// The inks of series that lie on one another, in their order.
pub(crate) const STACK: [Ink; 6] = [Ink::Red, Ink::Amber, Ink::Purple, Ink::Brown, Ink::Teal, Ink::Blue];

impl Ink {
    /// Every ink.
    const ALL: [Self; 12] = [
        Self::Text,
        Self::Grid,
        Self::Axis,
        Self::Band,
        Self::Blue,
        Self::Teal,
        Self::Purple,
        Self::Amber,
        Self::Red,
        Self::Brown,
        Self::Reference,
        Self::Alarm,
    ];

    /// Its colour where there is no style sheet, and what the style sheet knows it by.
    pub(crate) fn color(self) -> RGBColor {
        let (red, green, blue) = match self {
            Self::Text => (0x4B, 0x56, 0x67),
            Self::Grid => (0xE4, 0xE8, 0xEE),
            Self::Axis => (0xA6, 0xB0, 0xBE),
            Self::Band => (0xF1, 0xF4, 0xF8),
            Self::Blue => (0x24, 0x63, 0xA6),
            Self::Teal => (0x1B, 0x8A, 0x7D),
            Self::Purple => (0x86, 0x4A, 0xA3),
            Self::Amber => (0xC7, 0x75, 0x1C),
            Self::Red => (0xC2, 0x3B, 0x2E),
            Self::Brown => (0x7C, 0x65, 0x46),
            Self::Reference => (0x6B, 0x76, 0x86),
            Self::Alarm => (0xB4, 0x23, 0x18),
        };
        RGBColor(red, green, blue)
    }

    /// The class of its swatch in legends.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Text => "ink-text",
            Self::Grid => "ink-grid",
            Self::Axis => "ink-axis",
            Self::Band => "ink-band",
            Self::Blue => "ink-blue",
            Self::Teal => "ink-teal",
            Self::Purple => "ink-purple",
            Self::Amber => "ink-amber",
            Self::Red => "ink-red",
            Self::Brown => "ink-brown",
            Self::Reference => "ink-reference",
            Self::Alarm => "ink-alarm",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_is_in_the_style_sheet_in_light_and_dark() {
        let style = include_str!("../html/style.css");
        for ink in Ink::ALL {
            assert_eq!(style.matches(&format!("--{}: #", ink.class())).count(), 2, "{ink:?}");
            assert!(ink_rules().contains(&format!("var(--{})", ink.class())));
        }
    }

    #[test]
    fn no_two_inks_look_alike() {
        for (at, ink) in Ink::ALL.iter().enumerate() {
            assert!(Ink::ALL[..at].iter().all(|other| other.color() != ink.color()), "{ink:?}");
        }
    }
}
