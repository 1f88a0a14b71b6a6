//! Fields are the members of a JSON object while it is read: each asked for by name, the rest reported.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::duration;
use crate::problem::Problems;
use flashcrowd_text::nearest;

/// Stands in for a field that was reported already, so that it is not reported twice; long enough for any check.
const PLACEHOLDER: Duration = Duration::from_secs(1);

/// An object being read. A field that is absent or null has its default.
pub(crate) struct Fields<'a> {
    values: &'a Map<String, Value>,
    known: Vec<&'static str>,
    problems: &'a mut Problems,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(values: &'a Map<String, Value>, problems: &'a mut Problems) -> Self {
        Self { values, known: Vec::new(), problems }
    }

    /// A whole number.
    pub(crate) fn integer(&mut self, name: &'static str, default: u64) -> u64 {
        let Some(value) = self.get(name) else { return default };
        whole(value).unwrap_or_else(|message| {
            self.problems.add(name, message);
            default.max(1)
        })
    }

    /// A whole number that may be left out.
    pub(crate) fn optional_integer(&mut self, name: &'static str) -> Option<u64> {
        self.get(name).is_some().then(|| self.integer(name, 1))
    }

    /// A whole number without a default.
    pub(crate) fn required_integer(&mut self, name: &'static str) -> u64 {
        self.require(name);
        self.integer(name, 1)
    }

    /// A duration.
    pub(crate) fn duration(&mut self, name: &'static str, default: Duration) -> Duration {
        let Some(value) = self.get(name) else { return default };
        duration::from_json(value).unwrap_or_else(|error| {
            self.problems.add(name, error.to_string());
            PLACEHOLDER
        })
    }

    /// A duration without a default.
    pub(crate) fn required_duration(&mut self, name: &'static str) -> Duration {
        self.require(name);
        self.duration(name, PLACEHOLDER)
    }

    /// A text.
    pub(crate) fn text(&mut self, name: &'static str, default: &str) -> String {
        match self.get(name) {
            None => default.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => {
                self.problems.add(name, format!("{other} is not a text"));
                default.to_owned()
            }
        }
    }

    /// A text that means something, if it is given.
    pub(crate) fn parsed<T: FromStr<Err: Display>>(&mut self, name: &'static str) -> Option<T> {
        self.get(name)?;
        let text = self.text(name, "");
        text.parse().map_err(|error: T::Err| self.problems.add(name, error.to_string())).ok()
    }

    /// An object of texts; numbers and booleans are taken as they are written.
    pub(crate) fn texts(&mut self, name: &'static str) -> BTreeMap<String, String> {
        let Some(value) = self.get(name) else { return BTreeMap::new() };
        let Some(object) = value.as_object() else {
            self.problems.add(name, format!("{value} is not an object of texts"));
            return BTreeMap::new();
        };
        let mut texts = BTreeMap::new();
        for (key, value) in object {
            match value {
                Value::String(text) => drop(texts.insert(key.clone(), text.clone())),
                Value::Number(_) | Value::Bool(_) => drop(texts.insert(key.clone(), value.to_string())),
                other => self.problems.add(&format!("{name}.{key}"), format!("{other} is not a text")),
            }
        }
        texts
    }

    /// The value of a field without a default.
    pub(crate) fn required(&mut self, name: &'static str) -> Option<&'a Value> {
        self.require(name);
        self.get(name)
    }

    /// Reports a problem of a field.
    pub(crate) fn report(&mut self, path: &str, message: String) {
        self.problems.add(path, message);
    }

    /// Reads an object inside this one.
    pub(crate) fn inside<T>(
        &mut self,
        path: &str,
        object: &Map<String, Value>,
        read: impl FnOnce(&mut Fields<'_>) -> T,
    ) -> T {
        let mut found = Problems::default();
        let mut fields = Fields::new(object, &mut found);
        let value = read(&mut fields);
        fields.finish();
        for problem in found.into_vec() {
            self.problems.add(&format!("{path}.{}", problem.field), problem.message);
        }
        value
    }

    /// Takes notice of a field that is read elsewhere.
    pub(crate) fn ignore(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Reports all fields nobody asked for.
    pub(crate) fn finish(self) {
        let is_known = |name: &str| self.known.iter().any(|known| known.eq_ignore_ascii_case(name));
        for name in self.values.keys().filter(|name| !is_known(name)) {
            let mut message = "unknown field".to_owned();
            if let Some(near) = nearest(name, self.known.iter().copied()) {
                message = format!("unknown field: did you mean '{near}'?");
            }
            self.problems.add(name, message);
        }
    }

    fn get(&mut self, name: &'static str) -> Option<&'a Value> {
        if !self.known.contains(&name) {
            self.known.push(name);
        }
        member(self.values, name)
    }

    fn require(&mut self, name: &'static str) {
        if self.get(name).is_none() {
            self.problems.add(name, "is missing: it has no default");
        }
    }
}

/// The member of that name that is not null. As in k6, names are read without regard to case.
pub(crate) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let written = object.iter().rev().find(|(written, _)| written.eq_ignore_ascii_case(name));
    written.map(|(_, value)| value).filter(|value| !value.is_null())
}

fn whole(value: &Value) -> Result<u64, String> {
    if let Some(number) = value.as_u64() {
        return Ok(number);
    }
    match value.as_f64() {
        Some(number) if number < 0.0 => Err(format!("{value} can't be negative")),
        Some(number) if number.fract() == 0.0 && number < 9e18 => Ok(number as u64),
        _ => Err(format!("{value} is not a whole number")),
    }
}
