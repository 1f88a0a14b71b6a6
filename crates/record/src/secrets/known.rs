//! Known secrets are values that must not be shown, in any form in which they may turn up.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::Value;

use super::names::{HIDDEN, in_urls, is_secret_name, without_secrets};

/// A shorter value is too likely to stand for something else where it occurs.
const SHORTEST: usize = 6;
/// What is said to be a secret is one from this length on.
const SHORTEST_NOTED: usize = 4;
/// What `setup()` returns without a name is a secret from this length on, if it looks like one.
const SHORTEST_TOKEN: usize = 10;
/// What it returns without any name around it, as scripts return a token, is one from this length on.
const SHORTEST_BARE: usize = 8;
/// A longer value is known by its parts only.
const LONGEST: usize = 4096;
/// How many bytes all forms of all values may have: what finds them takes some thirty times as much memory.
const ROOM: usize = 1 << 20;

/// The secrets that a process knows. Clones share them.
#[derive(Clone, Default)]
pub struct Secrets {
    known: Arc<RwLock<Known>>,
}

#[derive(Default)]
struct Known {
    values: BTreeSet<String>,
    forms: BTreeSet<String>,
    /// How many bytes the forms have.
    size: usize,
    finder: Option<AhoCorasick>,
}

impl Secrets {
    /// Notes the values of variables whose names are those of secrets, and the passwords in URLs of the others.
    pub fn note_variables<'a>(&self, variables: impl IntoIterator<Item = (&'a str, &'a str)>) {
        let mut values = Vec::new();
        variables.into_iter().for_each(|(name, value)| of_variable(name, value, &mut values));
        self.add(values, forms);
    }

    /// Notes values that are secrets, whatever they look like.
    pub fn note<'a>(&self, values: impl IntoIterator<Item = &'a str>) {
        let values = values.into_iter().filter(|value| value.len() >= SHORTEST_NOTED).map(str::to_owned);
        self.add_all(values.collect(), forms);
    }

    /// Notes the passwords of the URLs in a text, and what the arguments of a command line set.
    pub fn note_arguments<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) {
        let mut values = Vec::new();
        for argument in arguments {
            // `redis://HOST?keys=PATTERN` counts keys, and is none.
            let is_redis = argument.starts_with("redis://") || argument.starts_with("rediss://");
            if let Some((name, value)) = assignment(argument).filter(|_| !is_redis) {
                of_variable(name, value, &mut values);
            }
            values.extend(in_urls(argument).into_iter().map(str::to_owned));
        }
        self.add(values, forms);
    }

    /// Notes what a test's `setup()` returned: texts under the names of secrets, and those that look like tokens.
    pub fn note_setup(&self, data: &Value) {
        let mut values = Vec::new();
        match data {
            Value::String(_) | Value::Array(_) => bare(data, &mut values),
            _ => tokens(data, false, &mut values),
        }
        // There may be one for each of thousands of users: as they are, and as they are in URLs.
        self.add(values, |secret| vec![secret.to_owned(), percent_encoded(secret, false)]);
    }

    /// The text with every known secret hidden, and what stands where secrets do.
    pub fn hide<'a>(&self, text: &'a str) -> Cow<'a, str> {
        match self.hide_known(text) {
            Cow::Borrowed(text) => without_secrets(text),
            Cow::Owned(text) => Cow::Owned(without_secrets(&text).into_owned()),
        }
    }

    /// The text with every known secret hidden.
    pub fn hide_known<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        match &known.finder {
            Some(finder) if finder.is_match(text) => {
                let mut clean = String::with_capacity(text.len());
                finder.replace_all_with(text, &mut clean, |_, _, clean| {
                    clean.push_str(HIDDEN);
                    true
                });
                Cow::Owned(clean)
            }
            _ => Cow::Borrowed(text),
        }
    }

    /// A document with every known secret hidden that is no number: figures may have the same digits.
    pub fn hide_in_document<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let hidden = self.hide_known(text);
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let is_number = |value: &String| value.chars().all(|c| c.is_ascii_digit() || ".-+".contains(c));
        if !known.values.iter().any(is_number) {
            return hidden;
        }
        let values: Vec<String> = known.values.iter().filter(|value| !is_number(value)).cloned().collect();
        drop(known);
        let others = Self::default();
        others.add(values, forms);
        Cow::Owned(others.hide_known(text).into_owned())
    }

    /// Whether there is any.
    pub(crate) fn is_empty(&self) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).values.is_empty()
    }

    fn add(&self, values: Vec<String>, forms: fn(&str) -> Vec<String>) {
        self.add_all(values.into_iter().filter(|value| value.len() >= SHORTEST).collect(), forms);
    }

    fn add_all(&self, values: Vec<String>, forms: fn(&str) -> Vec<String>) {
        let values: Vec<String> = values.into_iter().filter(|value| value.len() <= LONGEST).collect();
        let is_new = {
            let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
            values.iter().any(|value| !known.values.contains(value))
        };
        if !is_new {
            return;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        for value in values {
            let forms = forms(&value);
            let size = forms.iter().map(String::len).sum::<usize>();
            if known.size + size <= ROOM {
                known.size += size;
                known.values.insert(value);
                known.forms.extend(forms);
            }
        }
        known.finder = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            // A table of all states and bytes takes long to make, and hundreds of MiB.
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(&known.forms)
            .ok();
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

/// What is shown of a run does not differ by what is hidden in it.
impl PartialEq for Secrets {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

fn of_variable(name: &str, value: &str, values: &mut Vec<String>) {
    match is_secret_name(name) {
        true => parts(value, values),
        false => values.extend(in_urls(value).into_iter().map(str::to_owned)),
    }
    if name.ends_with("_HEADERS") {
        of_headers(value, values);
    }
}

/// Of a list such as `name=value,name=value`, the values of headers whose names are those of secrets.
fn of_headers(list: &str, values: &mut Vec<String>) {
    let headers = list.split(',').filter_map(|pair| pair.split_once('='));
    for (_, value) in headers.filter(|(name, _)| is_secret_name(name)) {
        parts(value, values);
        parts(&value.replace("%20", " "), values);
    }
}

/// A secret, and what scripts take out of one: without blanks around it, its lines, the texts of JSON, the password of
/// `user:password`, what follows `Bearer`.
fn parts(value: &str, parts: &mut Vec<String>) {
    let trimmed = value.trim();
    parts.extend([value.to_owned(), trimmed.to_owned()]);
    parts
        .extend(trimmed.lines().map(|line| line.trim().to_owned()).filter(|line| !line.starts_with("-----")));
    match trimmed.split_once([':', ' ']) {
        Some((_, second)) if !trimmed.contains("://") => parts.push(second.trim().to_owned()),
        _ => parts.extend(in_urls(trimmed).into_iter().map(str::to_owned)),
    }
    if trimmed.starts_with(['{', '['])
        && let Ok(json) = serde_json::from_str::<Value>(trimmed)
    {
        leaves(&json, parts);
    }
}

fn leaves(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| leaves(value, found)),
        Value::Object(fields) => fields.values().for_each(|value| leaves(value, found)),
        _ => {}
    }
}

/// The texts of what `setup()` returned without names: all that are one word.
fn bare(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_bare_token(text) => parts(text, found),
        Value::Array(values) => values.iter().for_each(|value| bare(value, found)),
        other => tokens(other, false, found),
    }
}

fn is_bare_token(text: &str) -> bool {
    let is_word =
        text.chars().all(|c| c.is_ascii_graphic()) && text.contains(|c: char| c.is_ascii_alphabetic());
    text.len() >= SHORTEST_BARE && is_word && !text.contains("//") && !text.starts_with(['/', '{', '['])
}

/// The texts of what `setup()` returned that are secrets.
fn tokens(value: &Value, is_named: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if is_named || is_token(text) => parts(text, found),
        Value::String(text) if text.starts_with(['{', '[']) => {
            // JSON within JSON.
            if let Ok(inner) = serde_json::from_str::<Value>(text) {
                tokens(&inner, is_named, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| tokens(value, is_named, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                found.extend(is_token(name).then(|| name.clone()));
                tokens(value, is_named || is_secret_name(name), found);
            }
        }
        _ => {}
    }
}

/// Whether a text is made as tokens are: one long word with letters and digits, and no date, address or path.
pub(crate) fn is_token(text: &str) -> bool {
    let is_made_so = |c: char| c.is_ascii_alphanumeric() || "-_.~+=".contains(c) || c == '/';
    text.len() >= SHORTEST_TOKEN
        && !text.starts_with('/')
        && !text.contains("//")
        && text.chars().all(is_made_so)
        && text.contains(|c: char| c.is_ascii_digit())
        && text.contains(|c: char| c.is_ascii_alphabetic())
}

/// The forms in which a secret is written: in URLs, in JSON, in hexadecimal, and in base64 wherever it begins there.
fn forms(secret: &str) -> Vec<String> {
    let percent = percent_encoded(secret, false);
    let json = Value::from(secret).to_string();
    let mut forms = vec![
        secret.to_owned(),
        percent_encoded(secret, true),
        percent_encoded(&percent, false),
        percent,
        json[1..json.len() - 1].to_owned(),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ];
    for engine in [STANDARD, URL_SAFE] {
        forms.push(engine.encode(secret));
        for before in 0..3 {
            let text = engine.encode([&vec![0; before], secret.as_bytes()].concat());
            // What also depends on the bytes around it is left out.
            let (start, end) = ((before * 8).div_ceil(6), (before + secret.len()) * 8 / 6);
            forms.push(text[start..end].to_owned());
        }
    }
    forms
}

fn percent_encoded(text: &str, plus: bool) -> String {
    let encode = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        b' ' if plus => "+".to_owned(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}

/// `NAME=value`.
pub(crate) fn assignment(arg: &str) -> Option<(&str, &str)> {
    arg.trim_start_matches('-').split_once('=').map(|(name, value)| {
        // `--env=NAME=value` has its name in the middle.
        value.split_once('=').filter(|_| matches!(name, "env" | "e")).unwrap_or((name, value))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hidden(name: &str, value: &str, text: &str) -> String {
        let secrets = Secrets::default();
        secrets.note_variables([(name, value)]);
        secrets.hide(text).into_owned()
    }

    #[test]
    fn headers_in_a_list_are_known_by_their_names() {
        let secrets = Secrets::default();
        secrets.note_variables([("K6_OTEL_HEADERS", "authorization=Bearer%20t0ken-1,x-scope=festival")]);
        assert_eq!(secrets.hide_known("t0ken-1 of festival"), "*** of festival");
    }

    #[test]
    fn a_pattern_of_keys_is_no_key() {
        let secrets = Secrets::default();
        secrets.note_arguments(["redis://me:s3cret-1@host?keys=lock:*", "https://host/?key=s3cret-2"]);
        assert_eq!(secrets.hide("key=\"lock:*\" s3cret-1 s3cret-2"), "key=\"lock:*\" *** ***");
    }

    #[test]
    fn a_secret_is_hidden_in_every_form() {
        for (value, text, expected) in [
            ("s3cret-1", "a s3cret-1 b", "a *** b"),
            ("s3cret-1", "S3CRET-1", "***"),
            (" s3cret-1\n", "[s3cret-1]", "[***]"),
            ("s3/c t", "s3%2Fc%20t s3%2fc+t s3%252Fc%2520t", "*** *** ***"),
            ("s3\"cret", r#"{"a":"s3\"cret"}"#, r#"{"a":"***"}"#),
            ("s3cret-1", "7333637265742d31", "***"),
            ("me:s3cret-1", "s3cret-1", "***"),
            ("Bearer s3cret-1", "s3cret-1", "***"),
            (r#"{"id": 1, "pw": ["s3cret-1"]}"#, "s3cret-1", "***"),
            ("-----BEGIN KEY-----\nabcdef\nghijkl\n-----END", "ghijkl", "***"),
            ("http://u:s3cret-1@h/", "s3cret-1", "***"),
            ("short", "short", "short"),
        ] {
            assert_eq!(hidden("TOKEN", value, text), expected, "{value}");
        }
        assert_eq!(hidden("BASE", "http://u:s3cret-1@h/", "s3cret-1 http://h/"), "*** http://h/");
        assert_eq!(hidden("BASE", "http://h/", "http://h/"), "http://h/");
        assert_eq!(format!("{:?}", Secrets::default()), "Secrets { .. }");
    }

    #[test]
    fn base64_is_known_wherever_the_secret_begins() {
        for before in ["", "u", "u:", "usr", "user"] {
            for after in ["", "!", "!!"] {
                for engine in [STANDARD, URL_SAFE] {
                    let text = engine.encode(format!("{before}s3cret~~1?{after}"));
                    let shown = hidden("TOKEN", "s3cret~~1?", &text);
                    assert!(shown.contains("***") && shown.len() < 16, "{text}: {shown}");
                }
            }
        }
    }

    #[test]
    fn setup_returns_secrets_by_name_and_by_form() {
        let secrets = Secrets::default();
        secrets.note_setup(&serde_json::json!({
            "session": { "of": ["blue-moon"] }, "list": ["eyJhbGciOi.J9x", "shoes and socks"], "url": "http://shop.test/a1b2c3d4",
            "json": r#"{"token":"inner-1"}"#, "users": { "f00dcafe-1234": 1 }, "day": "today", "path": "/products/12345678",
        }));
        for (text, is_hidden) in [
            ("blue-moon", true),
            ("eyJhbGciOi.J9x", true),
            ("inner-1", true),
            ("f00dcafe-1234", true),
            ("shoes and socks", false),
            ("http://shop.test/a1b2c3d4", false),
            ("/products/12345678", false),
        ] {
            assert_eq!(secrets.hide(text) == "***", is_hidden, "{text}");
        }
        let alone = Secrets::default();
        alone.note_setup(&serde_json::json!("SRVTOKEN_eyJ"));
        alone.note_setup(&serde_json::json!([
            "blue-moon",
            "http://shop.test/",
            "two words",
            "short",
            "12345678"
        ]));
        let shown = alone.hide("SRVTOKEN_eyJ blue-moon http://shop.test/ two words short 12345678");
        assert_eq!(shown, "*** *** http://shop.test/ two words short 12345678");
    }
}
