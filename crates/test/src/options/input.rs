//! An input is one option's value before it is understood: JSON, a variable of the environment, or flags.

use std::time::Duration;

use flashcrowd_engine::config::Problems;
use flashcrowd_engine::duration;
use serde_json::{Map, Value};

/// A value before it is understood.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input<'a> {
    /// A member of an options object; never null.
    Json(&'a Value),
    /// A variable of the environment; never empty.
    Env(&'a str),
    /// A flag's values, in the order they were given; at least one.
    Flags(&'a [String]),
}

/// What an option's value is understood as.
pub(crate) trait Setting: Sized {
    /// Understands an input, or reports what is wrong with it under the name `at`.
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self>;

    /// The value as k6 writes it.
    fn write(&self) -> Value;
}

/// Which of these names a member of an object has: k6 reads members without regard to case.
pub(crate) fn known<const N: usize>(name: &str, names: [&'static str; N]) -> Option<&'static str> {
    names.into_iter().find(|known| known.eq_ignore_ascii_case(name))
}

/// The member of that name that is there and not null.
pub(crate) fn member<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    let written = object.iter().rev().find(|(written, _)| written.eq_ignore_ascii_case(name));
    written.map(|(_, value)| value).filter(|value| !value.is_null())
}

impl<'a> Input<'a> {
    /// The value as one JSON value; texts stay texts.
    pub(crate) fn value(self) -> Value {
        match self {
            Self::Json(value) => value.clone(),
            Self::Env(text) => text.into(),
            Self::Flags(texts) => texts.last().map(String::as_str).unwrap_or_default().into(),
        }
    }

    /// The text, if it is one.
    pub(crate) fn text(self) -> Option<&'a str> {
        match self {
            Self::Json(value) => value.as_str(),
            Self::Env(text) => Some(text),
            Self::Flags(texts) => texts.last().map(String::as_str),
        }
    }

    /// The JSON behind it: outside of scripts, objects and lists of objects are written as JSON text.
    pub(crate) fn structure(self, at: &str, problems: &mut Problems) -> Option<Value> {
        if let Self::Json(value) = self {
            return Some(value.clone());
        }
        let text = self.text().unwrap_or_default();
        let parsed = serde_json::from_str(text);
        parsed.map_err(|error| problems.add(at, format!("'{text}' is not JSON ({error})"))).ok()
    }

    /// The texts of a list; outside of scripts they are separated by commas.
    pub(crate) fn list(self, at: &str, problems: &mut Problems) -> Option<Vec<String>> {
        let split = |text: &str| text.split(',').map(|part| part.trim().to_owned()).collect::<Vec<_>>();
        let value = match self {
            Self::Env(text) => return Some(split(text)),
            Self::Flags(texts) => return Some(texts.iter().flat_map(|text| split(text)).collect()),
            Self::Json(value) => value,
        };
        let texts = value.as_array().map(|list| list.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        match texts {
            Some(Some(texts)) => Some(texts.into_iter().map(str::to_owned).collect()),
            _ => {
                problems.add(at, format!("{value} is not a list of texts: write ['...', '...']"));
                None
            }
        }
    }
}

impl Setting for bool {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = match input {
            Input::Json(value) => value.as_bool(),
            Input::Env(_) | Input::Flags(_) => match input.text().unwrap_or_default() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
                _ => None,
            },
        };
        if value.is_none() {
            problems.add(at, format!("{} is not a boolean: write true or false", input.value()));
        }
        value
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

impl Setting for u64 {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = input.value();
        if value.as_str() == Some("") {
            return None;
        }
        whole(&value).map_err(|message| problems.add(at, message)).ok()
    }

    fn write(&self) -> Value {
        (*self).into()
    }
}

/// Reads a whole number; k6 takes text for one too, as scripts get it from `__ENV`.
pub(crate) fn whole(value: &Value) -> Result<u64, String> {
    let number = match value {
        Value::String(text) => text.trim().parse::<i64>().ok().map(Value::from),
        other => Some(other.clone()),
    };
    let wrong = || format!("{value} is not a whole number: write one such as 10");
    let number = number.ok_or_else(wrong)?;
    if let Some(whole) = number.as_u64() {
        return Ok(whole);
    }
    match number.as_f64() {
        Some(negative) if negative < 0.0 => Err(format!("{value} can't be negative: write 0 or more")),
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be whole and in range"
        )]
        Some(float) if float.fract() == 0.0 && float < 9e15 => Ok(float as u64),
        _ => Err(wrong()),
    }
}

impl Setting for Duration {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        duration::from_json(&input.value()).map_err(|error| problems.add(at, error.to_string())).ok()
    }

    fn write(&self) -> Value {
        duration::format(*self).into()
    }
}

impl Setting for String {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let text = input.text().map(str::to_owned);
        if text.is_none() {
            problems.add(at, format!("{} is not a text: put it in quotes", input.value()));
        }
        text
    }

    fn write(&self) -> Value {
        self.as_str().into()
    }
}
