//! Mending puts quotes around values that people write without them and that YAML refuses.
//!
//! These are bounds such as `> 100`, which YAML takes for the head of a folded block, and texts with placeholders
//! inside of braces or brackets, such as `{path: /inventory/{product}}`. Nothing else changes its meaning: a value is
//! only quoted where the parser has stopped at it.

use std::collections::BTreeSet;

use saphyr_parser::ScanError;

use super::Place;

/// What ends a line of YAML: a carriage return does, too.
const BREAKS: [char; 2] = ['\n', '\r'];

/// A text with quotes put in.
pub(super) struct Mended {
    text: String,
    /// The characters that were put in: line, and column from one in the text as it is now.
    added: BTreeSet<(usize, usize)>,
}

impl Mended {
    pub(super) fn new(text: &str) -> Self {
        Self { text: text.to_owned(), added: BTreeSet::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The place in the text as it was written of a place in the text as it is now.
    pub(super) fn original(&self, place: Place) -> Place {
        let before = self.added.range((place.line, 0)..(place.line, place.column)).count();
        Place { column: place.column - before, ..place }
    }

    /// Whether quotes were put in at a place of the text as it is now.
    pub(super) fn is_quoted(&self, line: usize, column: usize) -> bool {
        self.added.contains(&(line, column))
    }

    /// Puts quotes around the value at which the parser stopped; false where it is not one that can be mended.
    pub(super) fn mend(&mut self, error: &ScanError) -> bool {
        let marker = error.marker();
        let Some((at, _)) = self.text.char_indices().nth(marker.index()) else { return false };
        let (before, after) = self.text.split_at(at);
        let (before, after) = (last_line(before), first_line(after));
        let found = if error.info().contains("block scalar") {
            bound(before, after)
        } else if error.info().contains("flow") {
            text_with_placeholder(before, after)
        } else {
            None
        };
        let Some((skipped, length)) = found else { return false };
        let start = at - skipped;
        let value = &self.text[start..start + length];
        let column = last_line(&self.text[..start]).chars().count() + 1;
        let quoted = format!("'{}'", value.replace('\'', "''"));
        let added = added(marker.line(), column, value);
        self.text.replace_range(start..start + length, &quoted);
        // The parser got past everything that was mended before, so nothing of it moves.
        self.added.extend(added);
        true
    }
}

/// A bound such as `> 100` after a field's name: how far before the place it begins, and its length, in bytes.
fn bound(before: &str, after: &str) -> Option<(usize, usize)> {
    let value = after.find(" #").map_or(after, |comment| &after[..comment]).trim_end();
    let is_value = before.trim_end().ends_with(':') && before.ends_with([' ', '\t']);
    (is_value && value.starts_with(['>', '|'])).then_some((0, value.len()))
}

/// A text inside of braces or brackets at whose placeholder the parser stopped, in the same form.
fn text_with_placeholder(before: &str, after: &str) -> Option<(usize, usize)> {
    let start =
        [": ", ", ", "[", "{", ","].iter().filter_map(|mark| Some(before.rfind(mark)? + mark.len())).max()?;
    let begun = before[start..].trim_start();
    if !after.starts_with('{') || begun.is_empty() || begun.starts_with(['\'', '"', '&', '*', '!', '}', ']'])
    {
        return None;
    }
    let mut depth = 0_usize;
    let end = after.char_indices().find(|(at, c)| {
        let ends = match c {
            '}' | ']' | ',' => depth == 0,
            ':' => depth == 0 && after[at + 1..].starts_with([' ', '}', ']', ',']),
            _ => false,
        };
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        ends
    });
    let rest = after[..end?.0].trim_end();
    (depth == 0).then_some((begun.len(), begun.len() + rest.len()))
}

fn first_line(text: &str) -> &str {
    text.split(BREAKS).next().unwrap_or_default()
}

fn last_line(text: &str) -> &str {
    text.rsplit(BREAKS).next().unwrap_or_default()
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
