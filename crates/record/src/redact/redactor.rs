//! The redactor keeps secrets out of a record: it knows their values, their names, and the places where they stand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};

use super::secrets::{HIDDEN, in_script, in_urls, in_yaml, is_secret_name, without_secrets};
use crate::results::Results;
use crate::run_info::{RunInfo, Source};
use crate::timeline::TimelineLine;

/// A shorter value is too likely to stand for something else where it occurs.
const SHORTEST: usize = 6;

impl RunInfo {
    /// A copy without secrets. The value of each variable whose name looks like one (TOKEN, PASSWORD, SECRET,
    /// KEY, AUTH, ...) becomes `***`, and so does that value wherever else it stands.
    pub fn redacted(&self) -> Self {
        let redactor = Redactor::of(self);
        let env = self.env.iter().map(|(name, value)| {
            let shown =
                if is_secret_name(name) { HIDDEN.to_owned() } else { redactor.text(value).into_owned() };
            (name.clone(), shown)
        });
        let mut options = self.options.clone();
        redactor.clean(&mut options);
        Self {
            target: self.target.as_deref().map(|target| redactor.text(target).into_owned()),
            args: self.args.iter().map(|arg| redactor.arg(arg)).collect(),
            options,
            env: env.collect(),
            sources: self
                .sources
                .iter()
                .map(|source| Source { path: source.path.clone(), text: redactor.source(source) })
                .collect(),
            ..self.clone()
        }
    }

    /// Results of this run without secrets, as its record keeps them.
    pub fn redacted_results(&self, results: &Results) -> Results {
        Redactor::of(self).results(results)
    }
}

/// The values of a run's secrets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redactor {
    values: Vec<String>,
}

impl Redactor {
    /// The secrets among the variables of a run, of its scenarios and of its command line.
    pub(crate) fn of(info: &RunInfo) -> Self {
        let mut values: Vec<String> = Vec::new();
        let mut note = |name: &str, value: &str| {
            if is_secret_name(name) && value.len() >= SHORTEST {
                values.push(value.to_owned());
            }
        };
        info.env.iter().for_each(|(name, value)| note(name, value));
        info.args.iter().filter_map(|arg| assignment(arg)).for_each(|(name, value)| note(name, value));
        each_variable(&info.options, &mut note);
        let texts = info.env.values().chain(&info.args).chain(&info.target);
        for password in texts.flat_map(|text| in_urls(text)).filter(|password| password.len() >= SHORTEST) {
            values.push(password.to_owned());
        }
        let encoded: Vec<String> = values.iter().flat_map(|value| encodings(value)).collect();
        values.extend(encoded);
        // The longest first: a secret may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    /// The text with every known secret hidden, and what stands where secrets do.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut known = Cow::Borrowed(text);
        for secret in &self.values {
            if known.contains(secret.as_str()) {
                known = Cow::Owned(known.replace(secret, HIDDEN));
            }
        }
        match known {
            Cow::Borrowed(text) => without_secrets(text),
            Cow::Owned(text) => Cow::Owned(without_secrets(&text).into_owned()),
        }
    }

    /// A line of the timeline with all names in it clean.
    pub(crate) fn line(&self, line: &mut TimelineLine) {
        if !self.values.is_empty() {
            line.metrics = std::mem::take(&mut line.metrics)
                .into_iter()
                .map(|(name, stats)| (self.text(&name).into_owned(), stats))
                .collect();
        }
        line.rows.iter_mut().for_each(|row| self.tags(&mut row.tags));
    }

    /// A text that the test is made of; values under a secret's name are hidden too.
    pub(crate) fn source(&self, source: &Source) -> String {
        let is_plan = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
        let text = if is_plan { in_yaml(&source.text) } else { in_script(&source.text) };
        self.text(&text).into_owned()
    }

    /// An argument of the command line: in `-e NAME=value`, a secret's value is hidden however short it is.
    pub(crate) fn arg(&self, arg: &str) -> String {
        match assignment(arg) {
            Some((name, value)) if is_secret_name(name) => {
                format!("{}{HIDDEN}", arg.strip_suffix(value).unwrap_or_default())
            }
            _ => self.text(arg).into_owned(),
        }
    }

    /// Results with every known secret hidden in all names and texts. Of what `setup()` returned, only the form is
    /// left: texts in it are as likely a session as anything else.
    pub(crate) fn results(&self, results: &Results) -> Results {
        let mut clean = results.clone();
        clean.setup_data.iter_mut().for_each(hide_texts);
        let Ok(mut value) = serde_json::to_value(&clean) else { return clean };
        self.clean(&mut value);
        serde_json::from_value(value).unwrap_or(clean)
    }

    /// Tags with every known secret hidden: a URL may hold one.
    pub(crate) fn tags(&self, tags: &mut BTreeMap<String, String>) {
        for value in tags.values_mut() {
            if let Cow::Owned(clean) = self.text(value) {
                *value = clean;
            }
        }
    }

    /// Hides known secrets in all texts, variables of scenarios by their names, and clients' private keys.
    pub(crate) fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Cow::Owned(clean) = self.text(text) {
                    *text = clean;
                }
            }
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean(value)),
            Value::Object(fields) => {
                for (name, value) in fields.iter_mut() {
                    match name.as_str() {
                        "env" | "tlsAuth" => hide_named(value),
                        _ => self.clean(value),
                    }
                }
                if fields.keys().any(|name| matches!(self.text(name), Cow::Owned(_))) {
                    let named = std::mem::take(fields).into_iter();
                    *fields = named.map(|(name, value)| (self.text(&name).into_owned(), value)).collect();
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A secret as it is written elsewhere: in URLs, in JSON, in base64.
fn encodings(secret: &str) -> Vec<String> {
    let percent = |plus: bool| -> String {
        let encode = |byte: u8| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            b' ' if plus => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        };
        secret.bytes().map(encode).collect()
    };
    let json = Value::from(secret).to_string();
    let all = [
        percent(false),
        percent(true),
        json[1..json.len() - 1].to_owned(),
        STANDARD.encode(secret),
        URL_SAFE_NO_PAD.encode(secret),
    ];
    all.into_iter().filter(|encoded| encoded != secret).collect()
}

/// `NAME=value`.
fn assignment(arg: &str) -> Option<(&str, &str)> {
    arg.trim_start_matches('-').split_once('=').map(|(name, value)| {
        // `--env=NAME=value` has its name in the middle.
        value.split_once('=').filter(|_| matches!(name, "env" | "e")).unwrap_or((name, value))
    })
}

/// Hides all texts.
fn hide_texts(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_empty() => *text = HIDDEN.to_owned(),
        Value::Array(values) => values.iter_mut().for_each(hide_texts),
        Value::Object(fields) => fields.values_mut().for_each(hide_texts),
        _ => {}
    }
}

/// Hides texts and numbers that stand under a secret's name, however deep.
fn hide_named(value: &mut Value) {
    match value {
        Value::Array(values) => values.iter_mut().for_each(hide_named),
        Value::Object(fields) => hide_fields(fields),
        _ => {}
    }
}

fn hide_fields(fields: &mut Map<String, Value>) {
    for (name, value) in fields {
        let is_leaf = value.is_string() || value.is_number();
        if is_leaf && is_secret_name(name) {
            *value = HIDDEN.into();
        } else {
            hide_named(value);
        }
    }
}

/// Visits the variables that options give to scenarios.
fn each_variable(value: &Value, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| each_variable(value, visit)),
        Value::Object(fields) => {
            if let Some(Value::Object(variables)) = fields.get("env") {
                variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?))).for_each(
                    |(name, value)| {
                        visit(name, value);
                    },
                );
            }
            fields.values().for_each(|value| each_variable(value, visit));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        let info = RunInfo {
            args: ["flashcrowd", "run", "-e", "TOKEN=t0ken-1", "--env=PASSWORD=pw", "--tag", "t0ken-1"]
                .map(str::to_owned)
                .to_vec(),
            options: json!({
                "scenarios": { "auth": { "executor": "constant-vus", "env": { "MY_KEY": "abcdef", "HOST": "h" } } },
                "tlsAuth": [{ "domains": ["a.test"], "cert": "public", "key": "private", "password": 1 }],
                "userAgent": "me abcdef",
            }),
            env: [("TOKEN", "t0ken-1"), ("URL", "http://x/?t=t0ken-1"), ("PIN_KEY", "7")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            sources: vec![Source { path: "a.js".into(), text: "let t = 't0ken-1', n = 7".into() }],
            ..RunInfo::default()
        };
        let redacted = info.redacted();
        assert_eq!(
            redacted.args,
            ["flashcrowd", "run", "-e", "TOKEN=***", "--env=PASSWORD=***", "--tag", "***"].map(str::to_owned)
        );
        insta::assert_snapshot!(serde_json::to_string(&redacted.options).unwrap(), @r#"{"scenarios":{"auth":{"executor":"constant-vus","env":{"MY_KEY":"***","HOST":"h"}}},"tlsAuth":[{"domains":["a.test"],"cert":"public","key":"***","password":"***"}],"userAgent":"me ***"}"#);
        insta::assert_snapshot!(serde_json::to_string(&redacted.env).unwrap(), @r#"{"TOKEN":"***","URL":"http://x/?t=***","PIN_KEY":"***"}"#);
        insta::assert_snapshot!(redacted.sources[0].text, @"let t = '***', n = 7");
        assert_eq!(redacted.redacted(), redacted);
    }
}
