//! An audit as plans describe it: how a stock is read, and what one success of which request sells.

use super::call::{RequestLine, is_word};
use super::draft::Draft;
use super::object::Object;
use super::reader::suggestion;
use super::scalar::parse_json_path;
use super::template::Written;
use crate::fields::{AUDIT, CALL};
use crate::model::{Body, Call, Json, Part, Slot, Sold, StockAudit, Template, Values};
use crate::yaml::{Content, Entry, Node, Place};

/// The most requests that one reading may take.
const MOST_READS: usize = 1000;

impl Draft<'_, '_> {
    /// The names of all audits, before anything sells of them.
    pub(super) fn name_audits(&mut self, node: Option<&Node>) {
        for entry in node.and_then(Node::map).unwrap_or_default() {
            let fits = entry.name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            if !fits || entry.name.is_empty() || entry.name.len() > 64 {
                let message = format!(
                    "'{}' is no name for an audit: write letters from a to z, digits and '_'",
                    entry.name
                );
                self.reader.wrong(entry.place, message);
            }
            self.audits.push(entry.name.clone());
        }
    }

    /// All audits of a plan, when all of its calls are known.
    pub(super) fn read_audits(&mut self, node: &Node) -> Vec<StockAudit> {
        let Some(entries) = node.map() else {
            let message =
                format!("{} is no audit: write a name, and below it 'read: GET /inventory/1'", node.told());
            self.reader.wrong(node.place, message);
            return Vec::new();
        };
        entries.iter().enumerate().filter_map(|(at, entry)| self.audit(entry, at)).collect()
    }

    fn audit(&mut self, entry: &Entry, at: usize) -> Option<StockAudit> {
        let object = Object::open(self.reader, &entry.value, &AUDIT)?;
        object.require(self.reader);
        let value = object.get("value").and_then(|node| self.reader.json_path(node));
        let mut reads = Vec::new();
        if let Some(node) = object.get("read") {
            for item in node.list().unwrap_or(std::slice::from_ref(node)) {
                let call = self.reading(item);
                reads.extend(call.into_iter().flat_map(|call| self.each(item.place, &call)));
            }
        }
        if let Some(node) = object.get("sells") {
            self.sellers(node, at);
        }
        Some(StockAudit { name: entry.name.clone(), reads, value })
    }

    fn reading(&mut self, node: &Node) -> Option<Call> {
        let call = match &node.content {
            Content::Map(_) => {
                let object = Object::open(self.reader, node, &CALL)?;
                self.full_call(object, None, None)?
            }
            _ => {
                let Some(written) = Written::of(node) else {
                    self.reader.wrong(
                        node.place,
                        format!("{} is no request: write one such as GET /inventory/1", node.told()),
                    );
                    return None;
                };
                let line = self.line(written)?;
                let name = line.name();
                self.plain_call(name, &line)
            }
        };
        Some(call)
    }

    /// A call for every value of the placeholders in its path.
    fn each(&mut self, place: Place, call: &Call) -> Vec<Call> {
        let mut paths = vec![String::new()];
        for part in &call.path.parts {
            let values = match part {
                Part::Text(text) => vec![text.clone()],
                Part::Slot(slot) => match self.values_of(slot) {
                    Some(values) => values,
                    None => {
                        self.reader.wrong(
                            place,
                            "a stock is read without a user: \
                    only ranges and lists can stand in its path, such as {1..10}",
                        );
                        return Vec::new();
                    }
                },
            };
            if paths.len() * values.len() > MOST_READS {
                self.reader.wrong(
                    place,
                    format!(
                        "to read this stock takes more than {MOST_READS} requests: write a shorter range"
                    ),
                );
                return Vec::new();
            }
            paths = paths
                .iter()
                .flat_map(|path| values.iter().map(move |value| format!("{path}{value}")))
                .collect();
        }
        let read = |path: String| Call {
            name: format!("{} {path}", call.method),
            path: Template { parts: vec![Part::Text(path)] },
            ..call.clone()
        };
        paths.into_iter().map(read).collect()
    }

    /// All values that a placeholder can have, where they are known and not too many.
    fn values_of(&self, slot: &Slot) -> Option<Vec<String>> {
        let range = |from: i64, to: i64| {
            let most = from.saturating_add(MOST_READS as i64);
            (from..=to.min(most)).map(|number| number.to_string()).collect()
        };
        match slot {
            Slot::Range(numbers) => Some(range(*numbers.start(), *numbers.end())),
            Slot::Choice(choices) => Some(choices.to_vec()),
            Slot::Data(at) => match &self.data.get(*at)?.values {
                Values::Range(numbers) => Some(range(*numbers.start(), *numbers.end())),
                Values::Rows { rows, .. } => {
                    let text =
                        |row: &serde_json::Value| row.as_str().map_or_else(|| row.to_string(), str::to_owned);
                    Some(rows.iter().take(MOST_READS + 1).map(text).collect())
                }
                Values::Sequence { .. } => None,
            },
            Slot::Column(..) | Slot::Saved(_) | Slot::Vu | Slot::Iteration => None,
        }
    }

    /// What an audit says of the requests that sell.
    fn sellers(&mut self, node: &Node, audit: usize) {
        let Some(entries) = node.map() else {
            let message =
                format!("{} says not what sells: write the request first, such as {{buy: 1}}", node.told());
            self.reader.wrong(node.place, message);
            return;
        };
        for entry in entries {
            let written = Written { text: &entry.name, place: entry.place, on_one_line: true };
            let Some(calls) = self.sellers_named(written) else { continue };
            for call in calls {
                let Some(sold) = self.sold(&entry.value, call) else { break };
                self.add_sold(entry.place, call, audit, sold);
            }
        }
    }

    /// The calls that a task's name, or a method and a path, stands for.
    fn sellers_named(&mut self, written: Written<'_>) -> Option<Vec<usize>> {
        if let Some(task) = self.task(written.text) {
            return Some(vec![task]);
        }
        let named = |draft: &Self, name: &str| -> Vec<usize> {
            let all = draft.calls.all.iter().enumerate();
            all.filter(|(_, call)| call.name == name).map(|(at, _)| at).collect()
        };
        let known = named(self, written.text);
        if !known.is_empty() {
            return Some(known);
        }
        if is_word(written.text) {
            self.unknown_task(written.at(0), written.text);
            return None;
        }
        let line: RequestLine<'_> = self.line(written)?;
        let known = named(self, &line.name());
        if known.is_empty() {
            let names = self.calls.all.iter().map(|call| call.name.as_str());
            let message = format!(
                "nothing asks for '{}': write it as it stands in the requests{}",
                line.name(),
                suggestion(written.text, names)
            );
            self.reader.wrong(written.at(0), message);
        }
        (!known.is_empty()).then_some(known)
    }

    /// What a request says of what it sells itself.
    pub(super) fn with_sells(&mut self, mut call: Call, object: Object<'_>) -> Call {
        let Some(node) = object.get("sells") else { return call };
        match node.map() {
            Some(entries) => {
                for entry in entries {
                    match self.audits.iter().position(|name| *name == entry.name) {
                        Some(audit) => {
                            let sold = self.sold_by(&entry.value, &call);
                            call.sells.extend(sold.map(|sold| (audit, sold)));
                        }
                        None => {
                            let near = suggestion(&entry.name, self.audits.iter().map(String::as_str));
                            let message =
                                format!("there is no audit '{}': name it under audit{near}", entry.name);
                            self.reader.wrong(entry.place, message);
                        }
                    }
                }
            }
            None if self.audits.len() == 1 => {
                let sold = self.sold_by(node, &call);
                call.sells.extend(sold.map(|sold| (0, sold)));
            }
            None => {
                let message =
                    "say which audit this is sold of: write its name under audit, and here {name: 1}";
                self.reader.wrong(node.place, message);
            }
        }
        call
    }

    fn add_sold(&mut self, place: Place, call: usize, audit: usize, sold: Sold) {
        let Some(known) = self.calls.all.get_mut(call) else { return };
        if known.sells.iter().any(|(other, _)| *other == audit) {
            let message =
                format!("'{}' says itself what it sells of this stock: write it in one place", known.name);
            self.reader.wrong(place, message);
        } else {
            known.sells.push((audit, sold));
        }
    }

    fn sold(&mut self, node: &Node, call: usize) -> Option<Sold> {
        // Of a call that is wrong, nothing more is said.
        let call = self.calls.all.get(call).filter(|call| !call.path.parts.is_empty())?.clone();
        self.sold_by(node, &call)
    }

    /// A number, a field of the request's body, or a path into the answer.
    fn sold_by(&mut self, node: &Node, call: &Call) -> Option<Sold> {
        let text = self.reader.text(node, "number, field or JSON path")?;
        if let Ok(number) = text.parse::<f64>() {
            if number.is_finite() && number >= 0.0 {
                return Some(Sold::Fixed(number));
            }
            self.reader.wrong(node.place, format!("'{text}' cannot be sold: write 0 or more"));
            return None;
        }
        if text.starts_with(['$', '/']) {
            return parse_json_path(&text)
                .map(Sold::Answered)
                .map_err(|message| self.reader.wrong(node.place, message))
                .ok();
        }
        let fields: Vec<&str> = match &call.body {
            Body::Json(Json::Object(fields)) => fields.iter().map(|(name, _)| name.as_str()).collect(),
            Body::Json(Json::Plain(serde_json::Value::Object(object))) => {
                object.keys().map(String::as_str).collect()
            }
            _ => Vec::new(),
        };
        if fields.contains(&text.as_str()) {
            let path = format!("$['{}']", text.replace('\\', "\\\\").replace('\'', "\\'"));
            return parse_json_path(&path)
                .map(Sold::Asked)
                .map_err(|message| self.reader.wrong(node.place, message))
                .ok();
        }
        let near = suggestion(&text, fields.iter().copied());
        let message = format!(
            "the JSON body of '{}' has no field '{text}': \
                    write one that it has, a number, or a path into the answer such as $.sold{near}",
            call.name
        );
        self.reader.wrong(node.place, message);
        None
    }
}
