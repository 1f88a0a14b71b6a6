//! A call is a request as a plan describes it: on one line, or field by field.

use std::time::Duration;

use flashcrowd_text::nearest;
use http::{HeaderName, Method, header};

use super::draft::Draft;
use super::object::Object;
use super::reader::suggestion;
use super::template::Written;
use crate::fields::METHODS;
use crate::model::{Body, Call, Found, Part, Save, Template};
use crate::yaml::{Content, Node, Place};

/// A method and a path on one line.
pub(super) struct RequestLine<'t> {
    pub(super) method: Option<Method>,
    pub(super) path: Written<'t>,
}

impl RequestLine<'_> {
    /// What such a request is counted under.
    pub(super) fn name(&self) -> String {
        format!("{} {}", self.method.as_ref().unwrap_or(&Method::GET), self.path.text)
    }
}

impl Draft<'_, '_> {
    /// `POST /purchase/{product}`; the method may be left out.
    pub(super) fn line<'t>(&mut self, written: Written<'t>) -> Option<RequestLine<'t>> {
        let text = written.text;
        let Some((word, rest)) = text.split_once(' ') else {
            return self.path(written).map(|path| RequestLine { method: None, path });
        };
        let path_at = text.len() - rest.trim_start().len();
        let known = METHODS.iter().find(|method| method.eq_ignore_ascii_case(word));
        let method = known.and_then(|method| method.parse().ok());
        if method.is_none() {
            let near =
                nearest(word, METHODS).map(|near| format!("; did you mean '{near}'?")).unwrap_or_default();
            self.reader.wrong(
                written.at(0),
                format!("'{word}' is no method: write one of {}{near}", METHODS.join(", ")),
            );
        }
        let path = self.path(written.from(path_at))?;
        method.map(|method| RequestLine { method: Some(method), path })
    }

    fn path<'t>(&mut self, written: Written<'t>) -> Option<Written<'t>> {
        let whole = written.text.starts_with("http://") || written.text.starts_with("https://");
        let from_name = written.text.starts_with('{') || written.text.starts_with("${");
        let no_spaces = !split_outside_braces(written.text);
        if (whole || from_name || written.text.starts_with('/')) && no_spaces {
            return Some(written);
        }
        let what = if no_spaces { "does not begin with '/'" } else { "has a space in it" };
        self.reader.wrong(
            written.at(0),
            format!("the path '{}' {what}: write one such as /inventory/1", written.text),
        );
        None
    }

    /// A call without anything but a method and a path.
    pub(super) fn plain_call(&mut self, name: String, line: &RequestLine<'_>) -> Call {
        Call {
            name,
            method: line.method.clone().unwrap_or(Method::GET),
            path: self.reader.template_text(line.path, &self.names),
            headers: Vec::new(),
            body: Body::None,
            timeout: self.timeout,
            checks: Vec::new(),
            saves: Vec::new(),
            sells: Vec::new(),
        }
    }

    /// A call field by field. What is not among the fields may stand before them: a name, or a method and a path.
    pub(super) fn full_call(
        &mut self,
        object: Object<'_>,
        name: Option<&str>,
        line: Option<RequestLine<'_>>,
    ) -> Option<Call> {
        let fields_method = object.get("method").and_then(|node| {
            let word = self.reader.word(node, &METHODS)?;
            word.parse::<Method>().ok()
        });
        let place = self.where_to(object, line);
        let method = place.as_ref().and_then(|line| line.method.clone()).or(fields_method);
        let mut headers = object.get("headers").map(|node| self.headers(node)).unwrap_or_default();
        let body = self.body(object, &mut headers);
        let default = if matches!(body, Body::None) { Method::GET } else { Method::POST };
        let method = method.unwrap_or(default);
        let line = place.map(|line| RequestLine { method: Some(method.clone()), ..line });
        let name =
            name.map(str::to_owned).or_else(|| line.as_ref().map(RequestLine::name)).unwrap_or_default();
        let timeout = object.get("timeout").and_then(|node| self.reader.some_time(node));
        let checks = object.get("checks").map(|node| self.reader.checks(node, &name, &self.names));
        let saves = object.get("save").map(|node| self.saves(node));
        let is_right = line.is_some();
        let call = Call {
            path: line.map(|line| self.reader.template_text(line.path, &self.names)).unwrap_or_default(),
            headers,
            body,
            timeout: timeout.unwrap_or(self.timeout),
            checks: checks.unwrap_or_default(),
            saves: saves.unwrap_or_default(),
            sells: Vec::new(),
            method,
            name,
        };
        // What it sells is read all the same.
        Some(self.with_sells(call, object)).filter(|_| is_right)
    }

    /// The path, and a method that stands before it, from where they are written.
    fn where_to<'n>(&mut self, object: Object<'n>, line: Option<RequestLine<'n>>) -> Option<RequestLine<'n>> {
        let twice =
            ["method", "path"].into_iter().find(|name| line.is_some() && object.entry(name).is_some());
        if let (Some(name), Some(line)) = (twice, &line) {
            let message = format!("'{}' says the {name} already: leave out '{name}'", line.name());
            self.reader.wrong(object.entry(name).map_or(object.place, |entry| entry.place), message);
        }
        if line.is_some() {
            return line;
        }
        let Some(node) = object.entry("path").map(|entry| &entry.value) else {
            if !object.misspells("path") {
                self.reader.wrong(object.place, "a request needs 'path', such as /inventory/1");
            }
            return None;
        };
        let Some(written) = Written::of(node) else {
            self.reader
                .wrong(node.place, format!("{} is no path: write one such as /inventory/1", node.told()));
            return None;
        };
        let first = written.text.split(' ').next().unwrap_or_default();
        if METHODS.contains(&first) {
            self.reader.wrong(node.place, format!("a path has no method: write 'method: {first}' beside it"));
            return None;
        }
        self.path(written).map(|path| RequestLine { method: None, path })
    }

    /// Headers by name.
    pub(super) fn headers(&mut self, node: &Node) -> Vec<(HeaderName, Template)> {
        let Some(entries) = node.map() else {
            self.reader.wrong(node.place, format!("{} is no headers: write {{Name: value}}", node.told()));
            return Vec::new();
        };
        let mut headers = Vec::new();
        for entry in entries {
            let value = self.reader.template(&entry.value, &self.names);
            match entry.name.parse::<HeaderName>() {
                Ok(name) => headers.push((name, value)),
                Err(_) => {
                    self.reader.wrong(
                        entry.place,
                        format!("'{}' is no name of a header: write one such as Accept", entry.name),
                    );
                }
            }
        }
        headers
    }

    fn body(&mut self, object: Object<'_>, headers: &mut Vec<(HeaderName, Template)>) -> Body {
        let given: Vec<_> =
            ["json", "body", "form"].into_iter().filter(|name| object.get(name).is_some()).collect();
        if let [first, second, ..] = given[..] {
            let place = object.entry(second).map_or(object.place, |entry| entry.place);
            self.reader.wrong(place, format!("a request has one body: write {first} or {second}"));
        }
        let Some(node) = given.first().and_then(|name| object.get(name)) else { return Body::None };
        match given[0] {
            "json" => Body::Json(self.reader.json(node, &self.names)),
            "body" => Body::Text(self.reader.template(node, &self.names)),
            _ => {
                if headers.iter().all(|(name, _)| *name != header::CONTENT_TYPE) {
                    let kind = Part::Text("application/x-www-form-urlencoded".to_owned());
                    headers.push((header::CONTENT_TYPE, Template { parts: vec![kind] }));
                }
                Body::Text(self.form(node))
            }
        }
    }

    /// The fields of a form as they are sent. What placeholders stand for is sent as it is.
    fn form(&mut self, node: &Node) -> Template {
        let Some(entries) = node.map() else {
            self.reader.wrong(node.place, format!("{} is no form: write {{name: value}}", node.told()));
            return Template::default();
        };
        let mut parts = Vec::new();
        for entry in entries {
            let separator = if parts.is_empty() { "" } else { "&" };
            parts.push(Part::Text(format!("{separator}{}=", encoded(&entry.name))));
            for part in self.reader.template(&entry.value, &self.names).parts {
                parts.push(match part {
                    Part::Text(text) => Part::Text(encoded(&text)),
                    Part::Slot(slot) => Part::Slot(slot),
                });
            }
        }
        Template { parts }
    }

    fn saves(&mut self, node: &Node) -> Vec<Save> {
        let Some(entries) = node.map() else {
            self.reader.wrong(
                node.place,
                format!("{} says nothing to keep: write {{token: $.access_token}}", node.told()),
            );
            return Vec::new();
        };
        let mut saves = Vec::new();
        for entry in entries {
            self.check_kept(&entry.name, entry.place);
            let slot = self.names.saved.iter().position(|name| *name == entry.name);
            let from = self.found(&entry.value);
            saves.extend(slot.zip(from).map(|(slot, from)| Save { slot, name: entry.name.clone(), from }));
        }
        saves
    }

    fn check_kept(&mut self, name: &str, place: Place) {
        let taken =
            super::names::BUILT_IN.contains(&name) || self.names.data.iter().any(|(data, _)| data == name);
        if taken {
            self.reader.wrong(place, format!("{{{name}}} stands for something already: choose another name"));
        } else if !super::names::is_name(name) {
            let message = format!(
                "'{name}' is no name for a value: write letters, digits, '_' and '-', a letter first"
            );
            self.reader.wrong(place, message);
        }
    }

    fn found(&mut self, node: &Node) -> Option<Found> {
        if !matches!(node.content, Content::Map(_)) {
            return self.reader.json_path(node).map(Found::Json);
        }
        let object = Object::open(self.reader, node, &crate::fields::HEADER)?;
        object.require(self.reader);
        let name = self.reader.text(object.get("header")?, "name of a header")?;
        match name.parse() {
            Ok(name) => Some(Found::Header(name)),
            Err(_) => {
                self.reader.wrong(
                    node.place,
                    format!("'{name}' is no name of a header: write one such as Location"),
                );
                None
            }
        }
    }

    /// The position of a task of that name.
    pub(super) fn task(&self, name: &str) -> Option<usize> {
        self.calls.tasks.iter().find(|(task, _)| task == name).map(|(_, at)| *at)
    }

    /// Reports a name that is neither a task's nor a path.
    pub(super) fn unknown_task(&mut self, place: Place, name: &str) {
        let near = suggestion(name, self.calls.tasks.iter().map(|(task, _)| task.as_str()));
        let message = format!(
            "there is no task '{name}': name it under tasks, or write a path such as GET /inventory/1{near}"
        );
        self.reader.wrong(place, message);
    }
}

/// Whether a text is meant as a task's name rather than as a method and a path.
pub(super) fn is_word(text: &str) -> bool {
    !text.contains(['/', ' '])
}

fn split_outside_braces(text: &str) -> bool {
    let mut depth = 0_usize;
    text.chars().any(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && c.is_whitespace()
    })
}

fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The longest time that any of some calls may take.
pub(super) fn longest<'c>(calls: impl IntoIterator<Item = &'c Call>, at_least: Duration) -> Duration {
    calls.into_iter().map(|call| call.timeout).fold(at_least, Duration::max)
}
