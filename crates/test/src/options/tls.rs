//! TLS options say which versions and suites are spoken, and with which certificates.

use flashcrowd_engine::config::Problems;
use flashcrowd_http::{TlsIdentity, TlsVersion};
use serde_json::{Value, json};

use super::input::{Input, Setting, known};

/// What stands in for a secret where options are shown.
const HIDDEN: &str = "***";

/// Go's names of cipher suites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CipherSuites(pub Vec<String>);

impl Setting for CipherSuites {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        input.list(at, problems).map(Self)
    }

    fn write(&self) -> Value {
        json!(self.0)
    }
}

/// The versions of TLS that are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TlsRange {
    /// The lowest.
    pub min: Option<TlsVersion>,
    /// The highest.
    pub max: Option<TlsVersion>,
}

impl TlsRange {
    /// The names of its fields.
    pub(super) const FIELDS: [&'static str; 2] = ["min", "max"];
}

impl Setting for TlsRange {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = input.value();
        let Some(object) = value.as_object() else {
            let one = version(&value, at, problems);
            return Some(Self { min: one, max: one });
        };
        let mut range = Self::default();
        for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
            let at = format!("{at}.{name}");
            match known(name, Self::FIELDS) {
                Some("min") => range.min = version(value, &at, problems),
                Some(_) => range.max = version(value, &at, problems),
                None => {}
            }
        }
        Some(range)
    }

    fn write(&self) -> Value {
        json!({"min": self.min.map(TlsVersion::name), "max": self.max.map(TlsVersion::name)})
    }
}

fn version(value: &Value, at: &str, problems: &mut Problems) -> Option<TlsVersion> {
    let found = value.as_str().and_then(TlsVersion::from_name);
    if found.is_none() && value.as_str() != Some("") {
        let known = TlsVersion::ALL.map(TlsVersion::name).join(", ");
        problems.add(at, format!("{value} is no version of TLS: use one of {known}"));
    }
    found
}

/// Client certificates.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identities(pub Vec<Identity>);

/// A client certificate with its key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The certificate chain, PEM.
    pub cert: String,
    /// The private key, PEM.
    pub key: String,
    /// The hosts it is for; all if there are none.
    pub domains: Vec<String>,
}

impl Identity {
    /// The names of its fields.
    pub(super) const FIELDS: [&'static str; 4] = ["cert", "key", "domains", "password"];
}

impl From<&Identity> for TlsIdentity {
    fn from(identity: &Identity) -> Self {
        let Identity { cert, key, domains } = identity.clone();
        Self { cert, key, domains }
    }
}

impl Setting for Identities {
    fn read(input: Input<'_>, at: &str, problems: &mut Problems) -> Option<Self> {
        let value = input.structure(at, problems)?;
        let Some(list) = value.as_array() else {
            problems.add(at, format!("{} is not a list: write [{{cert: '...', key: '...'}}]", kind(&value)));
            return None;
        };
        let one = |(i, value)| identity(value, &format!("{at}[{i}]"), problems);
        Some(Self(list.iter().enumerate().filter_map(one).collect()))
    }

    fn write(&self) -> Value {
        let one =
            |identity: &Identity| json!({"cert": identity.cert, "key": HIDDEN, "domains": identity.domains});
        self.0.iter().map(one).collect()
    }
}

fn identity(value: &Value, at: &str, problems: &mut Problems) -> Option<Identity> {
    let Some(object) = value.as_object() else {
        problems.add(at, format!("{} is not an object: write {{cert: '...', key: '...'}}", kind(value)));
        return None;
    };
    let mut identity = Identity::default();
    for (name, value) in object.iter().filter(|(_, value)| !value.is_null()) {
        let at = format!("{at}.{name}");
        let input = Input::Json(value);
        match known(name, Identity::FIELDS).unwrap_or_default() {
            "cert" => identity.cert = text(value, &at, problems),
            "key" => identity.key = text(value, &at, problems),
            "domains" => identity.domains = input.list(&at, problems).unwrap_or_default(),
            "password" if value.as_str() == Some("") => {}
            "password" => problems.add(&at, "encrypted keys are not supported: decrypt the key beforehand"),
            _ => {}
        }
    }
    problems.check(
        !identity.cert.is_empty(),
        &format!("{at}.cert"),
        "is missing: give a certificate as PEM text",
    );
    problems.check(
        !identity.key.is_empty(),
        &format!("{at}.key"),
        "is missing: give a private key as PEM text",
    );
    Some(identity)
}

/// A text that may be a secret, so that it is not repeated in what is reported.
fn text(value: &Value, at: &str, problems: &mut Problems) -> String {
    if !value.is_string() {
        problems.add(at, format!("{} is not a text", kind(value)));
    }
    value.as_str().unwrap_or("?").to_owned()
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
