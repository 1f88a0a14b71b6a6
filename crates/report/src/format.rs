//! A format is how a report is written: a row of the table, which each format's own file makes.

use std::fmt;

use crate::layout::Layout;
use crate::model::Report;
use flashcrowd_diagnosis::Comparison;

/// A format of reports, and of comparisons where it has one.
#[derive(Clone, Copy)]
pub struct Format {
    /// Its name on the command line, and others that are understood.
    pub names: &'static [&'static str],
    /// The endings of its files in lower case.
    pub extensions: &'static [&'static str],
    /// Makes a report.
    pub(crate) report: fn(&Report, Layout) -> String,
    /// Makes a comparison; the second argument is whether it has all figures.
    pub(crate) comparison: Option<fn(&Comparison, bool, Layout) -> String>,
}

impl Format {
    /// The name that error messages give it.
    pub fn name(&self) -> &'static str {
        self.names[0]
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
