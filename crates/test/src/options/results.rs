//! Result options say what is measured and how it is shown.

use std::collections::BTreeMap;

use flashcrowd_engine::config::Problems;
use flashcrowd_metrics::Stat;
use flashcrowd_text::TimeUnit;
use flashcrowd_text::nearest;
use serde_json::{Value, json};

use super::input::{Input, Setting};

/// Tags that samples can carry without being asked; the last four only if they are named.
const SYSTEM_TAGS: [&str; 18] = [
    "proto",
    "subproto",
    "status",
    "method",
    "url",
    "name",
    "group",
    "check",
    "error",
    "error_code",
    "tls_version",
    "scenario",
    "service",
    "expected_response",
    "iter",
    "vu",
    "ocsp_status",
    "ip",
];

/// How many of them are on by default.
const USUAL: usize = 14;

/// The summary's columns of trends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrendStats(pub Vec<String>);

impl Default for TrendStats {
    fn default() -> Self {
        Self(["avg", "min", "med", "max", "p(90)", "p(95)"].map(str::to_owned).to_vec())
    }
}

impl Setting for TrendStats {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let names = input.list(at, problems)?;
        for name in &names {
            if !matches!(Stat::parse(name), Ok(stat) if !matches!(stat, Stat::Rate | Stat::Value)) {
                problems.add(
                    at,
                    format!("'{name}' is unknown: use avg, min, med, max, count or p(N), N from 0 to 100"),
                );
            }
        }
        Some(Self(names))
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

impl Setting for TimeUnit {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        match input.text() {
            Some("") => None,
            Some(name) if Self::parse(name).is_some() => Self::parse(name),
            _ => {
                problems.add(at, format!("{} is unknown: use s, ms or us", input.value()));
                None
            }
        }
    }

    fn write(&self) -> Value {
        self.name().into()
    }
}

/// The tags that samples carry without being asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemTagNames(pub Vec<String>);

impl Default for SystemTagNames {
    fn default() -> Self {
        Self(SYSTEM_TAGS[..USUAL].iter().map(|&tag| tag.to_owned()).collect())
    }
}

impl Setting for SystemTagNames {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let mut names = input.list(at, problems)?;
        names.retain(|name| !name.is_empty());
        for name in names.iter().filter(|name| !SYSTEM_TAGS.contains(&name.as_str())) {
            let remedy = match nearest(name, SYSTEM_TAGS) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("use {}", SYSTEM_TAGS.join(", ")),
            };
            problems.add(at, format!("'{name}' is no system tag: {remedy}"));
        }
        Some(Self(names))
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// Tags of every sample.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags(pub BTreeMap<String, String>);

impl Setting for Tags {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let pairs: Vec<String> = match input {
            Input::Json(value) => return texts(value, at, problems).map(Self),
            Input::Env(text) if text.trim_start().starts_with('{') => {
                return texts(&input.structure(at, problems)?, at, problems).map(Self);
            }
            Input::Env(_) => input.list(at, problems)?,
            Input::Flags(texts) => texts.to_vec(),
        };
        let mut tags = BTreeMap::new();
        for pair in pairs {
            match pair.split_once(['=', ':']) {
                Some((key, value)) if !key.trim().is_empty() => {
                    tags.insert(key.trim().to_owned(), value.to_owned());
                }
                _ => problems.add(at, format!("'{pair}' is not a tag: write KEY=VALUE")),
            }
        }
        Some(Self(tags))
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// An object of texts; numbers and booleans are taken as they are written.
pub(super) fn texts(value: &Value, at: &str, problems: &mut Problems) -> Option<BTreeMap<String, String>> {
    let Some(object) = value.as_object() else {
        problems.add(at, format!("{value} is not an object of texts: write {{key: 'value'}}"));
        return None;
    };
    let mut texts = BTreeMap::new();
    for (key, value) in object {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            other => {
                problems.add(&format!("{at}.{key}"), format!("{other} is not a text"));
                continue;
            }
        };
        texts.insert(key.clone(), text);
    }
    Some(texts)
}
