//! The redactor keeps secrets out of a record: it knows their values, their names, and the places where they stand.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::hiding::hidden;
use crate::results::{Outcome, Results};
use crate::run_info::{RunInfo, Source};
use crate::secrets::{HIDDEN, Secrets, assignment, in_script, in_yaml, is_secret_name, is_token};
use crate::timeline::TimelineLine;

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
            charts: self.charts.iter().map(|asked| redactor.text(asked).into_owned()).collect(),
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

    /// A line of its timeline without secrets, as its record keeps it.
    pub fn redacted_line(&self, line: &TimelineLine) -> TimelineLine {
        let mut line = line.clone();
        Redactor::of(self).line(&mut line);
        line
    }

    /// A document about this run without its secrets.
    pub fn redacted_json(&self, mut document: Value) -> Value {
        Redactor::of(self).clean(&mut document);
        document
    }
}

/// Hides a run's secrets.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redactor {
    secrets: Secrets,
}

impl Redactor {
    /// The secrets that are known already, and those among the variables of a run, of its scenarios and of its command
    /// line.
    pub(crate) fn of(info: &RunInfo) -> Self {
        let secrets = info.secrets.clone();
        secrets.note_variables(info.env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
        secrets.note_arguments(info.args.iter().chain(&info.target).map(String::as_str));
        each_variable(&info.options, "env", &mut |name, value| secrets.note_variables([(name, value)]));
        // The name of a tag may be that of a secret by chance, and its value a word.
        each_variable(&info.options, "tags", &mut |name, value| {
            if is_token(value) {
                secrets.note_variables([(name, value)]);
            }
        });
        Self { secrets }
    }

    /// The text with every known secret hidden, and what stands where secrets do.
    pub(crate) fn text<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.secrets.hide(text)
    }

    /// A line of the timeline with all names in it clean.
    pub(crate) fn line(&self, line: &mut TimelineLine) {
        if !self.secrets.is_empty() {
            for scenario in &mut line.scenarios {
                if let Cow::Owned(clean) = self.text(&scenario.name) {
                    scenario.name = clean;
                }
            }
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
    /// left: texts in it are as likely a session as anything else. Results that cannot be cleaned are kept without any text.
    pub(crate) fn results(&self, results: &Results) -> Results {
        let mut clean = results.clone();
        clean.setup_data.iter_mut().for_each(hide_texts);
        self.clean(&mut clean.options);
        let value = hidden(&clean, &|text| self.text(text).into_owned());
        value.and_then(serde_json::from_value).unwrap_or_else(|_| withheld(results))
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

/// What is known of a run without a text that a test chose.
fn withheld(results: &Results) -> Results {
    let text = "names and figures are withheld: they could not be written without the secrets of the run";
    Results {
        version: results.version,
        generated_at: results.generated_at.clone(),
        tool: results.tool.clone(),
        start: results.start.clone(),
        seconds: results.seconds,
        outcome: Outcome { reason: None, ..results.outcome.clone() },
        warnings: vec![text.to_owned()],
        definitions: results.definitions,
        verdict: results.verdict,
        ..Results::default()
    }
}

/// Hides all texts, and names that are none.
fn hide_texts(value: &mut Value) {
    match value {
        Value::String(text) if !text.is_empty() => *text = HIDDEN.to_owned(),
        Value::Array(values) => values.iter_mut().for_each(hide_texts),
        Value::Object(fields) => {
            fields.values_mut().for_each(hide_texts);
            if fields.keys().any(|name| is_token(name)) {
                let named = std::mem::take(fields).into_iter();
                let shown = |name: String| if is_token(&name) { HIDDEN.to_owned() } else { name };
                *fields = named.map(|(name, value)| (shown(name), value)).collect();
            }
        }
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

/// Visits what options name under this field: the variables of scenarios, or tags.
fn each_variable(value: &Value, field: &str, visit: &mut impl FnMut(&str, &str)) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| each_variable(value, field, visit)),
        Value::Object(fields) => {
            if let Some(Value::Object(variables)) = fields.get(field) {
                variables.iter().filter_map(|(name, value)| Some((name, value.as_str()?))).for_each(
                    |(name, value)| {
                        visit(name, value);
                    },
                );
            }
            fields.values().for_each(|value| each_variable(value, field, visit));
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

    #[test]
    fn results_stay_readable_when_a_secret_is_a_word_of_their_form() {
        for secret in ["finished", "metrics", "counter", "default", "seconds", "outcome", "options"] {
            let env = [("DB_PASS".to_owned(), secret.to_owned())].into();
            let info = RunInfo { env, ..RunInfo::default() };
            let mut results = Results { warnings: vec![format!("a {secret} b")], ..Results::default() };
            results.outcome.reason = Some(secret.to_owned());
            results.options = json!({ "tags": { (secret): secret } });
            results.metrics.push(metric(&format!("own_{secret}")));
            let shown = info.redacted_results(&results);
            assert_eq!(shown.warnings, ["a *** b"], "{secret}");
            assert_eq!(
                (shown.outcome.reason.as_deref(), shown.outcome.state),
                (Some("***"), results.outcome.state)
            );
            assert_eq!(shown.options, json!({ "tags": { "***": "***" } }));
            assert_eq!(shown.metrics, [metric("own_***")], "{secret}");
        }
    }

    fn metric(name: &str) -> crate::MetricResult {
        let text = format!(
            r#"{{"name":"{name}","kind":"counter","contains":"default","parent":null,"stats":{{}},"samples":1,"thresholds":[]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn results_that_cannot_be_cleaned_have_no_texts() {
        let mut results = Results { warnings: vec!["secret".into()], seconds: 3.0, ..Results::default() };
        results.outcome.reason = Some("secret".into());
        let shown = serde_json::to_string(&withheld(&results)).unwrap();
        assert!(!shown.contains("secret\"") && shown.contains("withheld"), "{shown}");
    }
}
