//! A mix is what is asked for, and how often each request is made.

use http::Method;

use super::call::{RequestLine, is_word};
use super::draft::{Draft, Weight};
use super::object::Object;
use super::template::Written;
use crate::fields::{CALL, TASK};
use crate::model::Call;
use crate::yaml::{Content, Entry, Node, Place};

/// How far percentages may be from 100 in all: they are written rounded.
const ROUNDING: f64 = 0.5;

/// A request of a list with its weight.
struct Item {
    place: Place,
    call: usize,
    weight: Option<(Weight, Place)>,
}

impl Draft<'_, '_> {
    /// The tasks of a plan, all of which have names.
    pub(super) fn read_tasks(&mut self, node: &Node) {
        let Some(entries) = node.map() else {
            self.reader.wrong(
                node.place,
                format!("{} is no tasks: write names with requests, such as 'browse: GET /'", node.told()),
            );
            return;
        };
        for entry in entries {
            let at = self.calls.all.len();
            let read = match &entry.value.content {
                Content::Map(_) => self.named(&entry.value, &entry.name, None, at),
                _ => self.short_task(entry),
            };
            // A task that is wrong is known by its name, so that it is reported once.
            let stand_in = || Call { name: entry.name.clone(), ..Draft::nothing() };
            self.calls.all.push(read.unwrap_or_else(stand_in));
            self.calls.tasks.push((entry.name.clone(), at));
        }
    }

    fn short_task(&mut self, entry: &Entry) -> Option<Call> {
        let Some(written) = Written::of(&entry.value) else {
            let told = entry.value.told();
            self.reader.wrong(
                entry.value.place,
                format!("{told} is no request: write one such as GET /inventory/1"),
            );
            return None;
        };
        let line = self.line(written)?;
        Some(self.plain_call(entry.name.clone(), &line))
    }

    /// A request whose name, or method and path, stands before its fields.
    fn named(&mut self, node: &Node, name: &str, line: Option<RequestLine<'_>>, at: usize) -> Option<Call> {
        let object = Object::open(self.reader, node, &TASK)?;
        self.note_weight(object, at);
        self.full_call(object, Some(name), line)
    }

    fn note_weight(&mut self, object: Object<'_>, at: usize) {
        if let Some(node) = object.get("weight") {
            let weight = self.weight(node).map(|weight| (weight, node.place));
            self.calls.weights.extend(weight.map(|weight| (at, weight)));
        }
    }

    /// What users do once: calls in a list.
    pub(super) fn start_calls(&mut self, node: &Node) -> Vec<Call> {
        let before = self.calls.all.len();
        let items = self.items(node);
        let calls: Vec<_> = items.iter().filter_map(|item| self.calls.all.get(item.call).cloned()).collect();
        // These are not among the calls that are made again and again.
        self.calls.all.truncate(before);
        self.calls.lines.retain(|_, at| *at < before);
        self.calls.weights.retain(|at, _| *at < before);
        calls
    }

    /// The weights of all tasks, for plans that say no more.
    pub(super) fn mix_of_tasks(&mut self, place: Place) -> Vec<(usize, f64)> {
        let item = |(_, call): &(String, usize)| Item {
            place,
            call: *call,
            weight: self.calls.weights.get(call).copied(),
        };
        let items: Vec<_> = self.calls.tasks.iter().map(item).collect();
        self.weighed(&items)
    }

    /// Requests with their weights.
    pub(super) fn mix(&mut self, node: &Node) -> Vec<(usize, f64)> {
        let before = self.reader.problems();
        let items = self.items(node);
        if self.reader.problems() > before {
            // Without those that are wrong, weights say nothing.
            return Vec::new();
        }
        if items.is_empty() {
            self.reader.wrong(
                node.place,
                "the list of requests is empty: write one such as 'GET /inventory/1: 50%'",
            );
        }
        self.weighed(&items)
    }

    fn items(&mut self, node: &Node) -> Vec<Item> {
        let mut items = Vec::new();
        match &node.content {
            Content::List(nodes) => nodes.iter().for_each(|node| self.item(node, &mut items)),
            Content::Map(entries) => entries.iter().for_each(|entry| items.extend(self.weighted(entry))),
            Content::Scalar(_) => {
                let message = format!(
                    "{} is no list of requests: write '- GET /inventory/1: 50%' on the next line",
                    node.told()
                );
                self.reader.wrong(node.place, message);
            }
        }
        items
    }

    fn item(&mut self, node: &Node, items: &mut Vec<Item>) {
        match &node.content {
            Content::Scalar(_) => {
                let Some(written) = Written::of(node) else {
                    self.reader.wrong(node.place, "the request is empty: write one such as GET /inventory/1");
                    return;
                };
                let call = self.call_of(written);
                items.extend(call.map(|call| {
                    let weight = self.calls.weights.get(&call).copied();
                    Item { place: node.place, call, weight }
                }));
            }
            Content::Map(entries) => {
                let full =
                    entries.iter().any(|entry| CALL.has(&entry.name) && self.task(&entry.name).is_none());
                if full || entries.is_empty() {
                    items.extend(self.full_item(node));
                } else {
                    entries.iter().for_each(|entry| items.extend(self.weighted(entry)));
                }
            }
            Content::List(_) => {
                self.reader.wrong(node.place, "a list is no request: write one such as GET /inventory/1")
            }
        }
    }

    /// `GET /inventory/1: 50%`, `buy: 70%`, or with fields instead of the weight.
    fn weighted(&mut self, entry: &Entry) -> Option<Item> {
        let written = Written { text: &entry.name, place: entry.place, on_one_line: true };
        if let Content::Map(_) = entry.value.content {
            if is_word(written.text) {
                let at = self.calls.all.len();
                let call = self.named(&entry.value, &entry.name, None, at)?;
                return Some(self.add(entry.place, call));
            }
            let line = self.line(written);
            let is_right = line.is_some();
            // The fields below a line that is wrong are read all the same.
            let line = line
                .unwrap_or(RequestLine { method: Some(Method::GET), path: Written { text: "/", ..written } });
            let (name, at) = (line.name(), self.calls.all.len());
            let call = self.named(&entry.value, &name, Some(line), at).filter(|_| is_right)?;
            return Some(self.add(entry.place, call));
        }
        let given = Some(&entry.value).filter(|value| !value.is_null());
        let (weight, call) = (given.map(|value| self.weight(value)), self.call_of(written)?);
        let weight = match weight {
            Some(weight) => Some((weight?, entry.value.place)),
            None => None,
        };
        let weight = weight.or_else(|| self.calls.weights.get(&call).copied());
        Some(Item { place: entry.place, call, weight })
    }

    fn full_item(&mut self, node: &Node) -> Option<Item> {
        let object = Object::open(self.reader, node, &CALL)?;
        self.note_weight(object, self.calls.all.len());
        let name = object.get("name").and_then(|node| self.reader.text(node, "name"));
        let call = self.full_call(object, name.as_deref(), None)?;
        Some(self.add(node.place, call))
    }

    fn add(&mut self, place: Place, call: Call) -> Item {
        if self.task(&call.name).is_some() {
            self.reader
                .wrong(place, format!("'{}' is a task already: give this request another name", call.name));
        }
        let at = self.calls.all.len();
        self.calls.all.push(call);
        Item { place, call: at, weight: self.calls.weights.get(&at).copied() }
    }

    /// The call that a text means: a task by its name, or a method and a path.
    fn call_of(&mut self, written: Written<'_>) -> Option<usize> {
        if let Some(task) = self.task(written.text) {
            return Some(task);
        }
        if is_word(written.text) && !written.text.starts_with(['{', '$']) {
            self.unknown_task(written.at(0), written.text);
            return None;
        }
        let line = self.line(written)?;
        let name = line.name();
        if let Some(known) = self.calls.lines.get(&name) {
            return Some(*known);
        }
        let call = self.plain_call(name.clone(), &line);
        self.calls.all.push(call);
        let at = self.calls.all.len() - 1;
        self.calls.lines.insert(name, at);
        Some(at)
    }

    fn weight(&mut self, node: &Node) -> Option<Weight> {
        let text = self.reader.text(node, "weight such as 50%")?;
        let (number, percent) = match text.trim().strip_suffix('%') {
            Some(number) => (number.trim(), true),
            None => (text.trim(), false),
        };
        let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        match number.parse::<f64>() {
            Ok(number) if digits => {
                Some(if percent { Weight::Percent(number) } else { Weight::Share(number) })
            }
            _ => {
                self.reader.wrong(node.place, format!("'{text}' is no weight: write one such as 50% or 3"));
                None
            }
        }
    }

    /// Checks weights against each other.
    fn weighed(&mut self, items: &[Item]) -> Vec<(usize, f64)> {
        let percents =
            items.iter().filter(|item| matches!(item.weight, Some((Weight::Percent(_), _)))).count();
        let mixed = percents > 0 && percents < items.len();
        if mixed {
            let odd = items.iter().find(|item| !matches!(item.weight, Some((Weight::Percent(_), _))));
            let place =
                odd.map(|item| item.weight.map_or(item.place, |(_, place)| place)).unwrap_or_default();
            self.reader.wrong(place, "other requests here have percentages: write one for this one too");
        }
        let value = |item: &Item| match item.weight {
            Some((Weight::Percent(value) | Weight::Share(value), _)) => value,
            None => 1.0,
        };
        let sum: f64 = items.iter().map(value).sum();
        if let Some(last) = items.last() {
            let place = last.weight.map_or(last.place, |(_, place)| place);
            if percents == items.len() && (sum - 100.0).abs() > ROUNDING {
                let sum = (sum * 100.0).round() / 100.0;
                self.reader.wrong(
                    place,
                    format!(
                        "the percentages add up to {sum}%: \
                    make them add up to 100%, or write plain weights without %"
                    ),
                );
            } else if !mixed && sum <= 0.0 {
                self.reader.wrong(place, "all weights are 0: write one above it");
            }
        }
        let mut mix: Vec<(usize, f64)> = Vec::new();
        for item in items {
            match mix.iter_mut().find(|(call, _)| *call == item.call) {
                Some((_, weight)) => *weight += value(item),
                None => mix.push((item.call, value(item))),
            }
        }
        mix
    }
}
