//! The formats of reports, in one table.

use std::str::FromStr;

use flashcrowd_text::Lang;

use crate::model::Report;
use crate::{html, json, junit, markdown, plain};

/// A format of reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a terminal.
    #[default]
    Text,
    /// One self-contained page.
    Html,
    /// For a comment on a pull request.
    Markdown,
    /// For programs: the same as `result.json`.
    Json,
    /// For build servers: a test case per expectation.
    Junit,
}

/// A format that there is not.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown format '{0}': use html, md, json, junit or text")]
pub struct UnknownFormat(pub String);

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(text: &str) -> Result<Self, UnknownFormat> {
        match text {
            "text" => Ok(Self::Text),
            "html" => Ok(Self::Html),
            "md" | "markdown" => Ok(Self::Markdown),
            "json" => Ok(Self::Json),
            "junit" => Ok(Self::Junit),
            _ => Err(UnknownFormat(text.to_owned())),
        }
    }
}

/// The document of that format.
pub fn render(report: &Report, format: Format, lang: Lang, color: bool) -> String {
    match format {
        Format::Text => plain::render(report, lang, color),
        Format::Html => html::render(report, lang),
        Format::Markdown => markdown::render(report, lang),
        Format::Json => json::render(report),
        Format::Junit => junit::render(report, lang),
    }
}
