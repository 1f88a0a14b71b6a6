//! A check is what must hold of an answer.

use std::ops::RangeInclusive;

use regex::Regex;

use super::names::Names;
use super::object::Object;
use super::reader::Reader;
use super::scalar::{parse_duration, parse_json_path};
use crate::fields::CHECK;
use crate::model::{Check, Json, Rule};
use crate::yaml::Node;

impl Reader<'_> {
    /// The checks of a request: a list, or one object.
    pub(crate) fn checks(&mut self, node: &Node, call: &str, names: &Names) -> Vec<Check> {
        let items = match node.list() {
            Some(items) => items,
            None => std::slice::from_ref(node),
        };
        let mut checks = Vec::new();
        for item in items {
            let before = self.problems();
            let Some(object) = Object::open(self, item, &CHECK) else { continue };
            let rules = self.rules(object, names);
            if rules.is_empty() && self.problems() == before {
                let kinds: Vec<_> = CHECK.names().collect();
                self.wrong(item.place, format!("the check is empty: write one of {}", kinds.join(", ")));
            }
            for (text, rule) in rules {
                checks.push(Check { name: format!("{call}: {text}"), rule });
            }
        }
        checks
    }

    fn rules(&mut self, object: Object<'_>, names: &Names) -> Vec<(String, Rule)> {
        let mut rules = Vec::new();
        if let Some(node) = object.get("status") {
            rules.extend(self.status(node));
        }
        if let Some(node) = object.get("body_contains") {
            let shown = node.told();
            rules.push((format!("body contains {shown}"), Rule::Contains(self.template(node, names))));
        }
        if let Some(node) = object.get("body_matches") {
            rules.extend(self.matches(node));
        }
        if let Some(node) = object.get("json") {
            rules.extend(self.json_rules(node, names));
        }
        if let Some(node) = object.get("json_exists") {
            for path in node.list().unwrap_or(std::slice::from_ref(node)) {
                let text = path.scalar().map(|scalar| scalar.text.clone()).unwrap_or_default();
                rules.extend(
                    self.json_path(path).map(|path| (format!("{text} exists"), Rule::Json(path, None))),
                );
            }
        }
        if let Some(node) = object.get("response_time") {
            rules.extend(self.response_time(node));
        }
        rules
    }

    fn status(&mut self, node: &Node) -> Option<(String, Rule)> {
        let items = node.list().unwrap_or(std::slice::from_ref(node));
        let (mut ranges, mut texts, before) = (Vec::new(), Vec::new(), self.problems());
        for item in items {
            let Some(text) = self.text(item, "status such as 200 or 2xx") else { continue };
            match parse_status(&text) {
                Some(range) => ranges.push(range),
                None => {
                    self.wrong(
                        item.place,
                        format!("'{text}' is no status: write one such as 200, 2xx or [200, 409]"),
                    );
                }
            }
            texts.push(text);
        }
        if self.problems() > before {
            return None;
        }
        if ranges.is_empty() {
            self.wrong(node.place, "no status is in the list: write one such as 200");
            return None;
        }
        Some((format!("status is {}", texts.join(" or ")), Rule::Status(ranges)))
    }

    fn matches(&mut self, node: &Node) -> Option<(String, Rule)> {
        let text = self.text(node, "regular expression")?;
        match Regex::new(&text) {
            Ok(regex) => Some((format!("body matches '{text}'"), Rule::Matches(regex))),
            Err(error) => {
                // The last line says what is wrong, those before it draw where.
                let shown = error.to_string();
                let why = shown.lines().last().unwrap_or_default().trim_start_matches("error: ");
                self.wrong(node.place, format!("'{text}' is no regular expression: {why}"));
                None
            }
        }
    }

    fn json_rules(&mut self, node: &Node, names: &Names) -> Vec<(String, Rule)> {
        let Some(entries) = node.map() else {
            let message = format!("{} is no JSON check: write {{\"$.stock\": 5}}", node.told());
            self.wrong(node.place, message);
            return Vec::new();
        };
        let mut rules = Vec::new();
        for entry in entries {
            let expected = self.json(&entry.value, names);
            match parse_json_path(&entry.name) {
                Ok(path) => rules.push((
                    format!("{} is {}", entry.name, shown(&expected, &entry.value)),
                    Rule::Json(path, Some(expected)),
                )),
                Err(message) => self.wrong(entry.place, message),
            }
        }
        rules
    }

    fn response_time(&mut self, node: &Node) -> Option<(String, Rule)> {
        let text = self.text(node, "response time such as < 500ms")?;
        let bound = text.trim().trim_start_matches('<').trim_start_matches('=').trim();
        match parse_duration(bound) {
            Ok(most) if !most.is_zero() => {
                let shown = flashcrowd_engine::duration::format(most);
                Some((format!("response time is below {shown}"), Rule::Within(most)))
            }
            Ok(_) => {
                self.wrong(node.place, "no answer takes no time: write one such as < 500ms");
                None
            }
            Err(message) => {
                self.wrong(node.place, format!("{message}, with '<' before it"));
                None
            }
        }
    }
}

fn shown(json: &Json, node: &Node) -> String {
    match json {
        Json::Plain(value) => value.to_string(),
        _ => node.told(),
    }
}

/// `200`, or `2xx`.
fn parse_status(text: &str) -> Option<RangeInclusive<u16>> {
    if let Ok(status) = text.parse::<u16>() {
        return (100..600).contains(&status).then_some(status..=status);
    }
    let class = text.to_lowercase().strip_suffix("xx")?.parse::<u16>().ok()?;
    (1..=5).contains(&class).then_some(class * 100..=class * 100 + 99)
}
