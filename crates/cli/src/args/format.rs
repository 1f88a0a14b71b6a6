//! A format argument is one of the formats that a command can write.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use flashcrowd_report::Format;

/// Reads one of these formats.
pub fn format(names: &'static [&'static str]) -> impl TypedValueParser<Value = Format> {
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Format>())
}
