//! An answer is what came back for a call: looked at by checks, kept in part, and sold.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::RangeInclusive;
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use flashcrowd_http::Exchange;
use regex::Regex;
use serde_json::Value;
use serde_json_path::JsonPath;

use super::render::{Rendering, Scope};
use crate::model::{self, Found, Sold};

/// Statuses of answers that are expected: redirects are answers too.
pub(super) const EXPECTED: RangeInclusive<u16> = 200..=399;

/// What must hold of an answer.
pub(super) enum Rule {
    Status(Vec<RangeInclusive<u16>>),
    Contains(Rendering),
    Matches(Regex),
    Json(JsonPath, Option<Rendering>),
    Within(Duration),
}

/// What came back for a call.
pub(crate) struct Answer {
    /// The last exchange, its body decoded.
    pub(crate) exchange: Box<Exchange>,
    /// The body that was sent.
    pub(super) sent: Bytes,
    /// The time of all exchanges, as `http_req_duration` has it.
    pub(super) took: Duration,
    json: OnceCell<Option<Value>>,
}

impl Rule {
    /// A rule as a thread has it.
    pub(super) fn new(rule: &model::Rule) -> Self {
        match rule {
            model::Rule::Status(ranges) => Self::Status(ranges.clone()),
            model::Rule::Contains(template) => Self::Contains(Rendering::text(template)),
            model::Rule::Matches(regex) => Self::Matches(regex.clone()),
            model::Rule::Json(path, value) => Self::Json(path.clone(), value.as_ref().map(Rendering::json)),
            model::Rule::Within(limit) => Self::Within(*limit),
        }
    }

    /// What of it is rendered.
    pub(super) fn rendering(&self) -> Option<&Rendering> {
        match self {
            Self::Contains(text) | Self::Json(_, Some(text)) => Some(text),
            Self::Status(_) | Self::Matches(_) | Self::Json(_, None) | Self::Within(_) => None,
        }
    }
}

impl Answer {
    /// What an exchange brought.
    pub(super) fn new(exchange: Box<Exchange>, sent: Bytes, took: Duration) -> Self {
        Self { exchange, sent, took, json: OnceCell::new() }
    }

    /// Whether the status is one of success.
    pub(crate) fn is_success(&self) -> bool {
        EXPECTED.contains(&self.exchange.status)
    }

    /// The body as text.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.exchange.body)
    }

    /// The body as JSON, if it is JSON.
    pub(crate) fn json(&self) -> Option<&Value> {
        self.json.get_or_init(|| serde_json::from_slice(&self.exchange.body).ok()).as_ref()
    }

    /// Whether a rule holds. Only a whole answer passes any check.
    pub(super) fn passes(&self, rule: &Rule, scope: &Scope<'_>, rng: &mut Rng) -> bool {
        if self.exchange.error.is_some() {
            return false;
        }
        let rendered = |rendering: &Rendering, rng: &mut Rng| {
            let mut text = String::new();
            rendering.write(&mut text, scope, rng);
            text
        };
        match rule {
            Rule::Status(ranges) => ranges.iter().any(|range| range.contains(&self.exchange.status)),
            Rule::Contains(text) => self.text().contains(&rendered(text, rng)),
            Rule::Matches(regex) => regex.is_match(&self.text()),
            Rule::Within(limit) => self.took <= *limit,
            Rule::Json(path, wanted) => {
                let Some(json) = self.json() else { return false };
                let found = path.query(json);
                let Some(wanted) = wanted else { return !found.is_empty() };
                let wanted: Option<Value> = serde_json::from_str(&rendered(wanted, rng)).ok();
                wanted.is_some_and(|wanted| !found.is_empty() && found.iter().all(|one| same(one, &wanted)))
            }
        }
    }

    /// What is to be kept, if it is there.
    pub(super) fn find(&self, from: &Found) -> Option<Value> {
        match from {
            Found::Json(path) => path.query(self.json()?).first().filter(|value| !value.is_null()).cloned(),
            Found::Header(name) => {
                let value = self.exchange.headers.get(name)?;
                Some(String::from_utf8_lossy(value.as_bytes()).into())
            }
        }
    }

    /// How much was sold, if that can be told.
    pub(super) fn sold(&self, sold: &Sold) -> Option<f64> {
        match sold {
            Sold::Fixed(amount) => Some(*amount),
            Sold::Asked(path) => number(path.query(&serde_json::from_slice(&self.sent).ok()?).first()?),
            Sold::Answered(path) => number(path.query(self.json()?).first()?),
        }
    }
}

/// A number, or text that is one.
pub(crate) fn number(value: &Value) -> Option<f64> {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| number.is_finite())
}

/// Whether two values are the same: 1 is 1.0.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one == other || one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}
