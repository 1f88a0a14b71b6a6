//! Mending puts quotes around values such as `> 100`, which YAML takes for the head of a folded block and refuses.
//!
//! Nothing else changes its meaning: a value is only quoted where the parser has stopped at it.

use saphyr_parser::ScanError;

use super::Place;

/// A text with quotes put in.
pub(super) struct Mended {
    text: String,
    /// The characters that were put in: line, and column from one in the text as it is now.
    added: Vec<(usize, usize)>,
}

impl Mended {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), added: Vec::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the text as it was written of a place in the text as it is now.
    pub(super) fn original(&self, place: Place) -> Place {
        let before =
            self.added.iter().filter(|(line, column)| *line == place.line && *column < place.column).count();
        Place { column: place.column - before, ..place }
    }

    /// Puts quotes around the value at which the parser stopped; false where it is not one that can be mended.
    pub(super) fn mend(&mut self, error: &ScanError) -> bool {
        let marker = *error.marker();
        if !error.info().contains("block scalar") {
            return false;
        }
        let Some((at, _)) = self.text.char_indices().nth(marker.index()) else { return false };
        let (before, after) = self.text.split_at(at);
        let (before, after) = (last_line(before), first_line(after));
        let value = after.find(" #").map_or(after, |comment| &after[..comment]).trim_end();
        let is_value = before.trim_end().ends_with(':') && before.ends_with([' ', '\t']);
        if !is_value || !value.starts_with(['>', '|']) {
            return false;
        }
        let added = added(marker.line(), marker.col() + 1, value);
        let quoted = format!("'{}'", value.replace('\'', "''"));
        self.text.replace_range(at..at + value.len(), &quoted);
        self.added.extend(added);
        true
    }
}

fn first_line(text: &str) -> &str {
    text.split('\n').next().unwrap_or_default()
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or_default()
}

/// The places of the characters that quotes add to a value, in the text with them.
fn added(line: usize, column: usize, value: &str) -> Vec<(usize, usize)> {
    let mut added = vec![(line, column)];
    let mut at = column + 1;
    for c in value.chars() {
        if c == '\'' {
            added.push((line, at));
            at += 1;
        }
        at += 1;
    }
    added.push((line, at));
    added
}
