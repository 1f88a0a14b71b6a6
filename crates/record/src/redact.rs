//! The redactor keeps secrets out of a record: it knows their values, and what names of secrets look like.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde_json::{Map, Value};

use super::run_info::{RunInfo, Source};
use crate::results::Results;

/// What stands in the place of a secret.
pub(super) const HIDDEN: &str = "***";

/// A name that holds one of these, in letters of any size, is a secret's.
const SECRET_WORDS: [&str; 11] = [
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "SECRET",
    "KEY",
    "AUTH",
    "CREDENTIAL",
    "COOKIE",
    "JWT",
];
/// Variables that hold such a word by chance, and that everyone has.
const NO_SECRETS: [&str; 2] = ["PWD", "OLDPWD"];
/// A shorter value is too likely to stand for something else where it occurs.
const SHORTEST: usize = 6;

/// Whether a name looks like that of a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !NO_SECRETS.contains(&name.as_str()) && SECRET_WORDS.iter().any(|word| name.contains(word))
}

impl RunInfo {
    /// A copy without secrets. The value of each variable whose name looks like one (TOKEN, PASSWORD, SECRET,
    /// KEY, AUTH, ...) becomes `***`, and so does that value wherever else it stands.
    pub fn redacted(&self) -> Self {
        let redactor = Redactor::of(self);
        let env = self.env.iter().map(|(name, value)| {
            let shown = if is_secret_name(name) { HIDDEN.to_owned() } else { redactor.text(value) };
            (name.clone(), shown)
        });
        let mut options = self.options.clone();
        redactor.clean(&mut options);
        Self {
            target: self.target.as_deref().map(|target| redactor.text(&without_user(target))),
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
}

/// The values of a run's secrets.
#[derive(Clone, Debug, Default)]
pub(super) struct Redactor {
    values: Vec<String>,
}

impl Redactor {
    /// The secrets among the variables of a run, of its scenarios and of its command line.
    pub(super) fn of(info: &RunInfo) -> Self {
        let mut values: Vec<String> = Vec::new();
        let mut note = |name: &str, value: &str| {
            if is_secret_name(name) && value.len() >= SHORTEST {
                values.push(value.to_owned());
            }
        };
        info.env.iter().for_each(|(name, value)| note(name, value));
        info.args.iter().filter_map(|arg| assignment(arg)).for_each(|(name, value)| note(name, value));
        each_variable(&info.options, &mut note);
        // The longest first: a secret may be a part of another.
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        values.dedup();
        Self { values }
    }

    /// The text with every known secret hidden.
    pub(super) fn text(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, secret| text.replace(secret, HIDDEN))
    }

    /// A text that the test is made of; in a plan, values under a secret's name are hidden too.
    pub(super) fn source(&self, source: &Source) -> String {
        let is_plan = source.path.ends_with(".yaml") || source.path.ends_with(".yml");
        let text = if is_plan { hide_entries(&source.text) } else { source.text.clone() };
        self.text(&text)
    }

    /// An argument of the command line: in `-e NAME=value`, a secret's value is hidden however short it is.
    pub(super) fn arg(&self, arg: &str) -> String {
        match assignment(arg) {
            Some((name, value)) if is_secret_name(name) => {
                format!("{}{HIDDEN}", arg.strip_suffix(value).unwrap_or_default())
            }
            _ => self.text(arg),
        }
    }

    /// Results with every known secret hidden, and what `setup()` returned under a secret's name.
    pub(super) fn results(&self, results: &Results) -> Results {
        let mut clean = results.clone();
        self.clean(&mut clean.options);
        if let Some(setup_data) = &mut clean.setup_data {
            self.clean(setup_data);
            hide_named(setup_data);
        }
        clean.warnings.iter_mut().for_each(|warning| *warning = self.text(warning));
        clean.outcome.reason = clean.outcome.reason.map(|reason| self.text(&reason));
        clean.rows.iter_mut().for_each(|row| self.tags(&mut row.tags));
        clean
    }

    /// Tags with every known secret hidden: a URL may hold one.
    pub(super) fn tags(&self, tags: &mut BTreeMap<String, String>) {
        if !self.values.is_empty() {
            tags.values_mut().for_each(|value| *value = self.text(value));
        }
    }

    /// Hides known secrets in all texts, variables of scenarios by their names, and clients' private keys.
    pub(super) fn clean(&self, value: &mut Value) {
        match value {
            Value::String(text) => *text = self.text(text),
            Value::Array(values) => values.iter_mut().for_each(|value| self.clean(value)),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match name.as_str() {
                        "env" | "tlsAuth" => hide_named(value),
                        _ => self.clean(value),
                    }
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A URL without the name and password in it.
pub(super) fn without_user(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let host = rest.split('/').next().unwrap_or_default();
    match host.rsplit_once('@') {
        Some((user, _)) => format!("{scheme}://{HIDDEN}{}", &rest[user.len()..]),
        None => url.to_owned(),
    }
}

/// YAML with the values of entries hidden whose names are those of secrets, unless they have placeholders or are paths.
fn hide_entries(text: &str) -> String {
    static ALONE: LazyLock<Regex> = LazyLock::new(|| entry(r#"(?m)^([ \t-]*["']?)"#, r"[^\n]+"));
    static WITHIN: LazyLock<Regex> =
        LazyLock::new(|| entry(r#"([{,][ \t]*["']?)"#, r#""[^"\n]*"|'[^'\n]*'|[^,{}\[\]\n]+"#));
    [&*ALONE, &*WITHIN].into_iter().fold(text.to_owned(), |text, entries| {
        let hidden = entries.replace_all(&text, |found: &Captures<'_>| {
            let (before, name, between, value) = (&found[1], &found[2], &found[3], &found[4]);
            let is_secret = is_secret_name(name) && !value.contains(['{', '$']) && !value.starts_with('/');
            format!("{before}{name}{between}{}", if is_secret { HIDDEN } else { value })
        });
        hidden.into_owned()
    })
}

/// `name: value` after something, with a value of that pattern.
fn entry(before: &str, value: &str) -> Regex {
    let pattern = format!(r#"{before}([\w.-]+)(["']?[ \t]*:[ \t]+)({value})"#);
    Regex::new(&pattern).expect("patterns are constant, and a test uses them")
}

/// `NAME=value`.
fn assignment(arg: &str) -> Option<(&str, &str)> {
    arg.trim_start_matches('-').split_once('=').map(|(name, value)| {
        // `--env=NAME=value` has its name in the middle.
        value.split_once('=').filter(|_| matches!(name, "env" | "e")).unwrap_or((name, value))
    })
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
    fn a_plan_keeps_its_placeholders_and_loses_its_passwords() {
        for (text, expected) in [
            ("password: hunter2", "password: ***"),
            ("json: {username: me, password: 'a b', n: 1}", "json: {username: me, password: ***, n: 1}"),
            ("  Authorization: Bearer {token}", "  Authorization: Bearer {token}"),
            ("  Authorization: Bearer abc.def", "  Authorization: ***"),
            ("- password: a, b", "- password: ***"),
            ("{\"password\": \"x\", \"n\": 1}", "{\"password\": ***, \"n\": 1}"),
            ("save: {token: $.access_token}", "save: {token: $.access_token}"),
            ("password: {customer.password}", "password: {customer.password}"),
            ("api_key: ${API_KEY}  # ours", "api_key: ${API_KEY}  # ours"),
            ("path: /token", "path: /token"),
            ("name: 토큰\nusers: 5", "name: 토큰\nusers: 5"),
        ] {
            assert_eq!(hide_entries(text), expected);
        }
    }

    #[test]
    fn a_url_loses_who_it_is_for() {
        assert_eq!(without_user("http://me:pw@shop.test:80/a@b"), "http://***@shop.test:80/a@b");
        assert_eq!(without_user("http://shop.test/a@b"), "http://shop.test/a@b");
    }

    #[test]
    fn names_of_secrets_are_known_by_their_words() {
        for (name, secret) in [
            ("TOKEN", true),
            ("api_key", true),
            ("AWS_SECRET_ACCESS_KEY", true),
            ("BASIC_AUTH", true),
            ("dbPassword", true),
            ("PWD", false),
            ("BASE_URL", false),
            ("VUS", false),
        ] {
            assert_eq!(is_secret_name(name), secret, "{name}");
        }
    }

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
