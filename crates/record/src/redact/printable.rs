//! A printable record can be set into a document: its names and texts are of one line each, and nothing obeys them.

use std::borrow::Cow;

use flashcrowd_text::{one_line, visible};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::judgement::Judgement;
use crate::reader::Record;
use crate::results::Results;
use crate::run_info::RunInfo;
use crate::timeline::TimelineLine;

impl Record {
    /// The same record for documents: itself, unless whoever made it has chosen names that are obeyed.
    pub fn printable(&self) -> Cow<'_, Self> {
        let run = self.run.printable();
        let results = self.results.as_ref().map(Results::printable);
        let is_clean = matches!(run, Cow::Borrowed(_))
            && !matches!(results, Some(Cow::Owned(_)))
            && self.timeline.iter().all(TimelineLine::is_printable)
            && self.histograms.keys().all(|name| is_printable(name));
        if is_clean {
            return Cow::Borrowed(self);
        }
        let histograms = self.histograms.iter();
        Cow::Owned(Self {
            run: run.into_owned(),
            timeline: self.timeline.iter().map(TimelineLine::printable).collect(),
            results: results.map(Cow::into_owned),
            histograms: histograms.map(|(name, values)| (shown(name), values.clone())).collect(),
        })
    }
}

impl RunInfo {
    /// The same for documents; sources keep their lines.
    fn printable(&self) -> Cow<'_, Self> {
        let without = Self { sources: Vec::new(), ..self.clone() };
        let sources = || self.sources.iter();
        let is_clean = sources()
            .all(|source| is_printable(&source.path) && matches!(visible(&source.text), Cow::Borrowed(_)));
        let clean = match printable(&without) {
            Cow::Borrowed(_) if is_clean => return Cow::Borrowed(self),
            clean => clean.into_owned(),
        };
        let clean_source = |source: &crate::run_info::Source| crate::run_info::Source {
            path: shown(&source.path),
            text: visible(&source.text).into_owned(),
        };
        Cow::Owned(Self { sources: sources().map(clean_source).collect(), ..clean })
    }
}

impl Results {
    /// The same results for documents.
    pub fn printable(&self) -> Cow<'_, Self> {
        printable(self)
    }
}

impl Judgement {
    /// The same judgement for documents.
    pub fn printable(&self) -> Cow<'_, Self> {
        printable(self)
    }
}

impl TimelineLine {
    fn is_printable(&self) -> bool {
        self.metrics.keys().chain(self.target.keys()).all(|name| is_printable(name))
            && self.scenarios.iter().all(|scenario| is_printable(&scenario.name))
            && self
                .rows
                .iter()
                .all(|row| is_printable(&row.metric) && row.tags.values().all(|value| is_printable(value)))
    }

    fn printable(&self) -> Self {
        let mut line = self.clone();
        if line.is_printable() {
            return line;
        }
        line.metrics = line.metrics.into_iter().map(|(name, stats)| (shown(&name), stats)).collect();
        line.target = line.target.into_iter().map(|(name, value)| (shown(&name), value)).collect();
        let names = line.scenarios.iter_mut().map(|scenario| &mut scenario.name);
        line.rows.iter_mut().for_each(|row| row.metric = shown(&row.metric).into());
        let tags = line.rows.iter_mut().flat_map(|row| row.tags.values_mut());
        names.chain(tags).for_each(|text| *text = shown(text));
        line
    }
}

fn is_printable(text: &str) -> bool {
    matches!(one_line(text), Cow::Borrowed(_))
}

fn shown(text: &str) -> String {
    one_line(text).into_owned()
}

/// The same value with all texts in one line each.
fn printable<T: Serialize + DeserializeOwned + Clone>(value: &T) -> Cow<'_, T> {
    let Ok(mut json) = serde_json::to_value(value) else { return Cow::Borrowed(value) };
    match clean(&mut json).then(|| serde_json::from_value(json)) {
        Some(Ok(clean)) => Cow::Owned(clean),
        _ => Cow::Borrowed(value),
    }
}

/// Cleans all of them; whether anything was changed.
fn any_changed<'a>(values: impl Iterator<Item = &'a mut Value>) -> bool {
    values.map(clean).filter(|is_changed| *is_changed).count() > 0
}

/// Whether anything was changed.
fn clean(value: &mut Value) -> bool {
    match value {
        Value::String(text) => {
            let is_clean = is_printable(text);
            if !is_clean {
                *text = shown(text);
            }
            !is_clean
        }
        Value::Array(values) => any_changed(values.iter_mut()),
        Value::Object(fields) => {
            let changed = any_changed(fields.values_mut());
            if fields.keys().all(|name| is_printable(name)) {
                return changed;
            }
            *fields = std::mem::take(fields).into_iter().map(|(name, value)| (shown(&name), value)).collect();
            true
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}
