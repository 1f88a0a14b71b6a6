//! A template is text with placeholders: `{product}`, `{user.name}`, `{1..10}`, `{red|blue}`, `{{` for a brace.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::names::Names;
use super::reader::{Reader, suggestion};
use crate::model::{Json, Part, Slot, Template};
use crate::yaml::{Content, Node, Place, plain_value};

/// Text that is read as a template, and where it is written.
#[derive(Clone, Copy)]
pub(crate) struct Written<'t> {
    pub(crate) text: &'t str,
    /// Where its first character is.
    pub(crate) place: Place,
    /// Whether the others are beside it.
    pub(crate) on_one_line: bool,
}

impl<'t> Written<'t> {
    /// The text of a node.
    pub(crate) fn of(node: &'t Node) -> Option<Self> {
        let scalar = node.scalar()?;
        Some(Self { text: &scalar.text, place: node.inside(0), on_one_line: scalar.inset.is_some() })
    }

    /// The place of a character.
    pub(crate) fn at(&self, character: usize) -> Place {
        if self.on_one_line {
            Place { column: self.place.column + character, ..self.place }
        } else {
            self.place
        }
    }

    /// The text from a byte on.
    pub(crate) fn from(&self, at: usize) -> Self {
        let skipped = self.text[..at].chars().count();
        Self { text: &self.text[at..], place: self.at(skipped), on_one_line: self.on_one_line }
    }
}

impl Reader<'_> {
    /// A template of a node.
    pub(crate) fn template(&mut self, node: &Node, names: &Names) -> Template {
        match Written::of(node) {
            Some(written) => self.template_text(written, names),
            None => {
                self.wrong(node.place, format!("{} is no text", node.told()));
                Template::default()
            }
        }
    }

    /// A template of a text.
    pub(crate) fn template_text(&mut self, written: Written<'_>, names: &Names) -> Template {
        let mut template = Template::default();
        let mut at = 0;
        while let Some(found) = written.text[at..].find(['{', '}', '$']) {
            let start = at + found;
            push(&mut template, &written.text[at..start]);
            at = start + self.mark(written.from(start), names, &mut template);
        }
        push(&mut template, &written.text[at..]);
        template
    }

    /// Reads what a brace or a dollar sign begins; how many bytes that was.
    fn mark(&mut self, here: Written<'_>, names: &Names, template: &mut Template) -> usize {
        let text = here.text;
        for (written, meant) in [("{{", "{"), ("}}", "}")] {
            if text.starts_with(written) {
                push(template, meant);
                return 2;
            }
        }
        let end = text.find('}');
        if text.starts_with('$') {
            let escaped = text.starts_with("$${");
            match end.filter(|_| escaped || text.starts_with("${")) {
                Some(end) if escaped => push(template, &text[1..=end]),
                Some(end) => {
                    let value = self.variable(here.place, &text[2..end]);
                    push(template, &value.unwrap_or_default());
                }
                None => {
                    push(template, "$");
                    return 1;
                }
            }
            return end.map_or(1, |end| end + 1);
        }
        match end {
            Some(0) => {
                self.wrong(here.place, "'}' closes nothing: write '}}' where a brace is meant");
                1
            }
            Some(end) => {
                template.parts.extend(self.slot(here, &text[1..end], names).map(Part::Slot));
                end + 1
            }
            None => {
                self.wrong(
                    here.place,
                    "'{' opens a placeholder that is not closed: write '{{' where a brace is meant",
                );
                1
            }
        }
    }

    /// What a placeholder stands for.
    fn slot(&mut self, here: Written<'_>, inside: &str, names: &Names) -> Option<Slot> {
        let name = inside.trim();
        match name {
            "vu" => return Some(Slot::Vu),
            "iteration" => return Some(Slot::Iteration),
            _ => {}
        }
        if name.contains(['"', ':', '{', '\n', ' ']) && !name.contains('|') {
            let message = format!(
                "'{{{inside}}}' is no placeholder: \
                    write '{{{{' and '}}}}' where braces are meant, or give JSON as 'json:'"
            );
            self.wrong(here.place, message);
            return None;
        }
        if name.contains("..") {
            return self.range(here.place, name).map(Slot::Range);
        }
        if name.contains('|') {
            return Some(Slot::Choice(name.split('|').map(|choice| choice.trim().to_owned()).collect()));
        }
        let (source, column) =
            name.split_once('.').map_or((name, None), |(source, column)| (source, Some(column)));
        if let Some(at) = names.data.iter().position(|(known, _)| known == source) {
            return self.data_slot(here.place, at, column, names);
        }
        if let Some(at) = names.saved.iter().position(|known| known == name) {
            return Some(Slot::Saved(at));
        }
        let near = suggestion(source, names.all());
        let message = format!(
            "nothing is known as '{{{name}}}': \
                    name it under data or save, or write a range such as {{1..10}}{near}"
        );
        self.wrong(here.place, message);
        None
    }

    fn data_slot(&mut self, place: Place, at: usize, column: Option<&str>, names: &Names) -> Option<Slot> {
        let (source, columns) = &names.data[at];
        match column {
            None if columns.is_empty() => Some(Slot::Data(at)),
            Some(column) if columns.iter().any(|known| known == column) => {
                Some(Slot::Column(at, column.to_owned()))
            }
            None => {
                let shown: Vec<_> = columns.iter().map(|column| format!("{{{source}.{column}}}")).collect();
                self.wrong(place, format!("'{source}' has columns: write one of {}", shown.join(", ")));
                None
            }
            Some(column) if columns.is_empty() => {
                self.wrong(
                    place,
                    format!("'{source}' has no columns such as '{column}': write {{{source}}}"),
                );
                None
            }
            Some(column) => {
                let near = suggestion(column, columns.iter().map(String::as_str));
                let message =
                    format!("'{source}' has no column '{column}', only {}{near}", columns.join(", "));
                self.wrong(place, message);
                None
            }
        }
    }

    /// A range of whole numbers.
    pub(crate) fn range(&mut self, place: Place, text: &str) -> Option<RangeInclusive<i64>> {
        let ends = text.split_once("..").and_then(|(from, to)| {
            Some((from.trim().parse::<i64>().ok()?, to.trim().trim_start_matches('=').parse::<i64>().ok()?))
        });
        match ends {
            Some((from, to)) if from <= to => Some(from..=to),
            Some((from, to)) => {
                self.wrong(place, format!("the range {from}..{to} is empty: write {to}..{from}"));
                None
            }
            None => {
                self.wrong(place, format!("'{text}' is no range of whole numbers: write one such as 1..10"));
                None
            }
        }
    }

    /// JSON with placeholders.
    pub(crate) fn json(&mut self, node: &Node, names: &Names) -> Json {
        match &node.content {
            Content::Scalar(scalar) if !scalar.text.contains(['{', '}', '$']) => Json::Plain(scalar.value()),
            Content::Scalar(scalar) => {
                let mut template = self.template(node, names);
                match template.parts.as_mut_slice() {
                    [Part::Slot(slot)] => Json::Value(slot.clone()),
                    [Part::Text(text)] if scalar.plain => Json::Plain(plain_value(text)),
                    [Part::Text(text)] => Json::Plain(Value::String(std::mem::take(text))),
                    _ => Json::Text(template),
                }
            }
            Content::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.json(item, names)).collect();
                match items.iter().map(plain).collect() {
                    Some(values) => Json::Plain(Value::Array(values)),
                    None => Json::List(items),
                }
            }
            Content::Map(entries) => {
                let fields: Vec<_> = entries
                    .iter()
                    .map(|entry| (entry.name.clone(), self.json(&entry.value, names)))
                    .collect();
                match fields.iter().map(|(name, json)| Some((name.clone(), plain(json)?))).collect() {
                    Some(object) => Json::Plain(Value::Object(object)),
                    None => Json::Object(fields),
                }
            }
        }
    }
}

fn plain(json: &Json) -> Option<Value> {
    match json {
        Json::Plain(value) => Some(value.clone()),
        _ => None,
    }
}

fn push(template: &mut Template, text: &str) {
    match template.parts.last_mut() {
        _ if text.is_empty() => {}
        Some(Part::Text(last)) => last.push_str(text),
        _ => template.parts.push(Part::Text(text.to_owned())),
    }
}
