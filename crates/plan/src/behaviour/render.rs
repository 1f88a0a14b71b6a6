//! A rendering writes text with placeholders, once the values of those are known.

use std::fmt::Write as _;

use fastrand::Rng;
use serde_json::Value;

use super::data::{Draw, row};
use crate::model::{Data, Json, Part, Slot, Template};

/// Text with placeholders, ready to be written: JSON too is text, most of which is known beforehand.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Rendering(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    Slot(Slot, Form),
}

/// How the value of a placeholder is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As it is.
    Plain,
    /// As JSON, in quotes if it is a string.
    Json,
    /// Inside the quotes of a JSON string.
    Quoted,
}

/// Where a virtual user's values are.
pub(super) struct Scope<'a> {
    /// The data sources.
    pub(super) data: &'a [Data],
    /// What they gave.
    pub(super) drawn: &'a [Draw],
    /// What was kept from answers.
    pub(super) saved: &'a [Option<Value>],
    /// The user's number.
    pub(super) vu: u64,
    /// The iteration's number.
    pub(super) iteration: u64,
}

/// The value of a placeholder.
enum Found<'a> {
    Nothing,
    Signed(i64),
    Unsigned(u64),
    Text(&'a str),
    Value(&'a Value),
}

impl Rendering {
    /// Writes plain text.
    pub(super) fn text(template: &Template) -> Self {
        let mut all = Self::default();
        all.add_template(template, Form::Plain);
        all
    }

    /// Writes JSON.
    pub(super) fn json(json: &Json) -> Self {
        let mut all = Self::default();
        all.add_json(json);
        all
    }

    /// The text, if it is always the same.
    pub(super) fn constant(&self) -> Option<&str> {
        match self.0.as_slice() {
            [] => Some(""),
            [Piece::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Its placeholders.
    pub(super) fn slots(&self) -> impl Iterator<Item = &Slot> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Slot(slot, _) => Some(slot),
            Piece::Text(_) => None,
        })
    }

    /// The kept values that it needs.
    pub(super) fn saved(&self) -> impl Iterator<Item = usize> {
        self.slots().filter_map(|slot| match slot {
            Slot::Saved(at) => Some(*at),
            _ => None,
        })
    }

    /// Writes it. A value that is not there is empty text, and `null` in JSON.
    pub(super) fn write(&self, out: &mut String, scope: &Scope<'_>, rng: &mut Rng) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Slot(slot, form) => scope.find(slot, rng).write(out, *form),
            }
        }
    }

    fn add_text(&mut self, text: &str) {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ if text.is_empty() => {}
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
    }

    fn add_template(&mut self, template: &Template, form: Form) {
        for part in &template.parts {
            match part {
                Part::Text(text) if form == Form::Quoted => self.add_text(in_quotes(&quoted(text))),
                Part::Text(text) => self.add_text(text),
                Part::Slot(slot) => self.0.push(Piece::Slot(slot.clone(), form)),
            }
        }
    }

    fn add_json(&mut self, json: &Json) {
        match json {
            Json::Plain(value) => self.add_text(&value.to_string()),
            Json::Value(slot) => self.0.push(Piece::Slot(slot.clone(), Form::Json)),
            Json::Text(template) => {
                self.add_text("\"");
                self.add_template(template, Form::Quoted);
                self.add_text("\"");
            }
            Json::List(items) => {
                self.add_text("[");
                for (at, item) in items.iter().enumerate() {
                    self.add_text(if at == 0 { "" } else { "," });
                    self.add_json(item);
                }
                self.add_text("]");
            }
            Json::Object(members) => {
                self.add_text("{");
                for (at, (name, value)) in members.iter().enumerate() {
                    self.add_text(if at == 0 { "" } else { "," });
                    self.add_text(&quoted(name));
                    self.add_text(":");
                    self.add_json(value);
                }
                self.add_text("}");
            }
        }
    }
}

impl<'a> Scope<'a> {
    fn find(&self, slot: &'a Slot, rng: &mut Rng) -> Found<'a> {
        match slot {
            Slot::Data(at) => match self.drawn.get(*at) {
                Some(Draw::Number(number)) => Found::Signed(*number),
                Some(Draw::Row(_)) => Found::of(self.row(*at)),
                Some(Draw::Nothing) | None => Found::Nothing,
            },
            Slot::Column(at, column) => Found::of(self.row(*at).and_then(|row| row.get(column))),
            Slot::Saved(at) => Found::of(self.saved.get(*at).and_then(Option::as_ref)),
            Slot::Range(range) => Found::Signed(rng.i64(range.clone())),
            Slot::Choice(choices) => {
                rng.choice(choices.iter()).map_or(Found::Nothing, |text| Found::Text(text))
            }
            Slot::Vu => Found::Unsigned(self.vu),
            Slot::Iteration => Found::Unsigned(self.iteration),
        }
    }

    fn row(&self, at: usize) -> Option<&'a Value> {
        match self.drawn.get(at)? {
            Draw::Row(drawn) => row(self.data.get(at)?, *drawn),
            Draw::Nothing | Draw::Number(_) => None,
        }
    }
}

impl<'a> Found<'a> {
    fn of(value: Option<&'a Value>) -> Self {
        match value {
            None | Some(Value::Null) => Self::Nothing,
            Some(Value::String(text)) => Self::Text(text),
            Some(other) => Self::Value(other),
        }
    }

    fn write(self, out: &mut String, form: Form) {
        // Writing to a string cannot fail.
        let _ = match (self, form) {
            (Self::Nothing, Form::Json) => write!(out, "null"),
            (Self::Nothing, _) => Ok(()),
            (Self::Signed(number), _) => write!(out, "{number}"),
            (Self::Unsigned(number), _) => write!(out, "{number}"),
            (Self::Text(text), Form::Plain) => write!(out, "{text}"),
            (Self::Text(text), Form::Json) => write!(out, "{}", quoted(text)),
            (Self::Text(text), Form::Quoted) => write!(out, "{}", in_quotes(&quoted(text))),
            (Self::Value(value), Form::Quoted) => write!(out, "{}", in_quotes(&quoted(&value.to_string()))),
            (Self::Value(value), _) => write!(out, "{value}"),
        };
    }
}

/// Text as a JSON string.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A JSON string without the quotes around it.
fn in_quotes(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(quoted)
}
