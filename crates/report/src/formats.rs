//! The table of formats: a new one is a file that renders it and a row of [`FORMATS`].

use std::path::Path;
use std::str::FromStr;

use flashcrowd_diagnosis::Comparison;
use flashcrowd_text::visible_json;

use crate::format::Format;
use crate::layout::Layout;
use crate::model::Report;
use crate::{html, json, junit, markdown, plain};

/// All formats, in the order in which error messages list them.
pub static FORMATS: [Format; 5] = [Format::HTML, Format::MARKDOWN, Format::JSON, Format::JUNIT, Format::TEXT];

/// A format that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown format '{0}': use {known}", known = known())]
pub struct UnknownFormat(pub String);

impl Format {
    /// For a terminal.
    pub const TEXT: Self = plain::FORMAT;
    /// One self-contained page.
    pub const HTML: Self = html::FORMAT;
    /// For a comment on a pull request.
    pub const MARKDOWN: Self = markdown::FORMAT;
    /// For programs: the same as `result.json`.
    pub const JSON: Self = json::FORMAT;
    /// For build servers: a test case per expectation.
    pub const JUNIT: Self = junit::FORMAT;

    /// The format that the ending of a file's name stands for.
    pub fn of_path(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        FORMATS.iter().find(|format| format.extensions.contains(&extension.as_str())).copied()
    }
}

impl Default for Format {
    fn default() -> Self {
        Self::TEXT
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        let format = FORMATS.iter().find(|format| format.names.contains(&text));
        format.copied().ok_or_else(|| UnknownFormat(text.to_owned()))
    }
}

/// The report in that format.
pub fn render(report: &Report, format: Format, layout: Layout) -> String {
    match format == Format::JSON {
        true => visible_json(&(format.report)(report, layout)).into_owned(),
        false => (format.report)(&report.printable(), layout),
    }
}

/// The comparison in that format, with all figures or those that matter; none where the format has none.
pub fn render_comparison(
    comparison: &Comparison,
    all: bool,
    format: Format,
    layout: Layout,
) -> Option<String> {
    let text = format.comparison.map(|render| render(comparison, all, layout))?;
    Some(if format == Format::JSON { visible_json(&text).into_owned() } else { text })
}

/// `html, md, json, junit or text`.
fn known() -> String {
    let [others @ .., last] = FORMATS.map(|format| format.name());
    format!("{} or {last}", others.join(", "))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_format_has_names_and_endings_of_its_own() {
        let (mut names, mut extensions) = (HashSet::new(), HashSet::new());
        for format in FORMATS {
            assert!(!format.names.is_empty() && !format.extensions.is_empty(), "{format:?}");
            for name in format.names {
                assert!(names.insert(name), "{name} is there twice");
                assert_eq!(name.parse(), Ok(format));
                assert_eq!(*name, name.to_ascii_lowercase());
            }
            for extension in format.extensions {
                assert!(extensions.insert(extension), "{extension} is there twice");
                assert_eq!(Format::of_path(Path::new(&format!("a.b/R.{extension}"))), Some(format));
                assert_eq!(*extension, extension.to_ascii_lowercase());
            }
        }
        assert_eq!(Format::of_path(Path::new("report")), None);
        let unknown = "pdf".parse::<Format>().unwrap_err().to_string();
        assert_eq!(unknown, "unknown format 'pdf': use html, md, json, junit or text");
    }
}
