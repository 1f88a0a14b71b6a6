//! A picture is one chart before it is drawn: axes, what is drawn between them, and words about it.

use super::axis::Axis;
use super::palette::Ink;

/// One chart before it is drawn.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    /// What it shows.
    pub title: String,
    /// What it shows, in a sentence, for those who do not see it.
    pub about: String,
    /// The unit of its values.
    pub unit: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// What `x` is.
    pub over: Over,
    /// Where the values of layers lie, from left to right.
    pub xs: Vec<f64>,
    /// Parts of the background.
    pub bands: Vec<Band>,
    /// What is drawn, the lowest first.
    pub layers: Vec<Layer>,
    /// Upright lines.
    pub marks: Vec<Mark>,
}

/// What a chart's values lie over.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Over {
    /// Seconds since the start of the run, the same in all charts.
    Time,
    /// Something else, which has a name; each value has a label there.
    Other {
        /// What it is.
        name: String,
        /// What each place is called.
        labels: Vec<String>,
    },
}

/// A part of the background.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Band {
    /// Where it begins.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// What stands above it.
    pub label: String,
}

/// A series.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layer {
    /// What it is.
    pub name: String,
    /// What it is drawn with.
    pub ink: Ink,
    /// What it is drawn as.
    pub shape: Shape,
    /// Its values; none where there is none.
    pub values: Vec<Option<f64>>,
}

/// What a series is drawn as.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A line; it is broken where there is no value.
    Line,
    /// A line with a dot at each value.
    Dots,
    /// A filled area that lies on these values.
    Stacked(Vec<f64>),
    /// Bars, each from the first to the second value of `x`.
    Bars(Vec<(f64, f64)>),
    /// A smooth line through points of its own.
    Curve(Vec<(f64, f64)>),
}

/// An upright line with a label.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    /// Where it is.
    pub at: f64,
    /// What it says.
    pub label: String,
    /// What it is drawn with.
    pub ink: Ink,
}

impl Layer {
    /// A series as a line.
    pub(crate) fn line(name: String, ink: Ink, values: Vec<Option<f64>>) -> Self {
        Self { name, ink, shape: Shape::Line, values }
    }

    /// Whether it has any value.
    pub(crate) fn is_drawn(&self) -> bool {
        matches!(self.shape, Shape::Curve(_)) || self.values.iter().any(Option::is_some)
    }

    /// The largest value; zero when there is none.
    pub(crate) fn most(&self) -> f64 {
        self.values.iter().flatten().copied().fold(0.0, f64::max)
    }

    /// The smallest value above zero; none when there is none.
    pub(crate) fn least_positive(&self) -> Option<f64> {
        self.values.iter().flatten().copied().filter(|value| *value > 0.0).min_by(f64::total_cmp)
    }
}
