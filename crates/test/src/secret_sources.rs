//! A secret source is where a test's secrets come from: a file, the command line, or an address.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use flashcrowd_engine::duration;
use thiserror::Error;

/// The sources of a test, by their names; one of them may be the usual one.
#[derive(Clone, Debug, Default)]
pub struct SecretSources(Vec<SecretSource>);

/// Where secrets come from.
#[derive(Clone)]
pub struct SecretSource {
    name: String,
    is_default: bool,
    kind: SecretKind,
}

/// How a source is asked.
#[derive(Clone)]
pub enum SecretKind {
    /// All of its secrets are known.
    Known(BTreeMap<String, String>),
    /// It is asked for each of them.
    Url(SecretUrl),
}

/// A source that is asked over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SecretUrl {
    /// The address, with `{key}` where the secret's name goes.
    pub template: String,
    /// The method of the request.
    pub method: String,
    /// Headers of the request.
    pub headers: Vec<(String, String)>,
    /// Where the secret is in the answer, as a path into JSON; empty for all of it.
    pub response_path: String,
    /// How long one request may take.
    pub timeout: Duration,
    /// How often a request that failed is made again.
    pub retries: u32,
}

/// Why there is no such secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// No source was given at all.
    #[error("no secret sources are configured: give one, such as --secret-source=file=secrets.txt")]
    NoSource,
    /// There are several, and none is the usual one.
    #[error(
        "no default secret source: add 'default' to one of them, as in --secret-source=file=secrets.txt,default"
    )]
    NoDefault,
    /// No source has that name.
    #[error("no secret source with name \"{0}\" is configured")]
    UnknownSource(String),
    /// The source has no such secret.
    #[error("no secret with key \"{0}\"")]
    UnknownKey(String),
}

/// Values are nobody's to see.
impl std::fmt::Debug for SecretSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SecretSource").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SecretSources {
    /// Reads sources as they are written on a command line: `KIND=...`; all that is wrong at once.
    pub fn parse(specs: &[String]) -> Result<Self, Vec<String>> {
        let (mut sources, mut problems) = (Vec::<SecretSource>::new(), Vec::new());
        for spec in specs {
            match SecretSource::parse(spec) {
                Ok(source) if sources.iter().any(|other| other.name == source.name) => {
                    problems.push(format!(
                        "there are two secret sources called '{}': name one of them, as in {}=name=other,...",
                        source.name,
                        spec.split('=').next().unwrap_or_default()
                    ))
                }
                Ok(source) if source.is_default && sources.iter().any(|other| other.is_default) => {
                    problems.push("two secret sources are the default: one can be".to_owned());
                }
                Ok(source) => sources.push(source),
                Err(problem) => problems.push(problem),
            }
        }
        if let [only] = &mut sources[..] {
            only.is_default = true;
        }
        if problems.is_empty() { Ok(Self(sources)) } else { Err(problems) }
    }

    /// The source of that name, or the usual one.
    pub fn source(&self, name: Option<&str>) -> Result<&SecretSource, SecretError> {
        match name {
            _ if self.0.is_empty() => Err(SecretError::NoSource),
            None => self.0.iter().find(|source| source.is_default).ok_or(SecretError::NoDefault),
            Some(name) => {
                let found = self.0.iter().find(|source| source.name == name);
                found.ok_or_else(|| SecretError::UnknownSource(name.to_owned()))
            }
        }
    }

    /// All secrets that are known, so that they are shown nowhere.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.iter().flat_map(|source| match &source.kind {
            SecretKind::Known(secrets) => secrets.values().map(String::as_str).collect::<Vec<_>>(),
            SecretKind::Url(url) => url.headers.iter().map(|(_, value)| value.as_str()).collect(),
        })
    }
}

impl SecretSource {
    /// How it is asked.
    pub fn kind(&self) -> &SecretKind {
        &self.kind
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn parse(spec: &str) -> Result<Self, String> {
        let (kind, rest) = spec.split_once('=').unwrap_or((spec, ""));
        let mut source =
            Self { name: kind.to_owned(), is_default: false, kind: SecretKind::Known(BTreeMap::new()) };
        let mut own = Vec::new();
        for field in fields(rest) {
            match field.split_once('=') {
                None if field == "default" => source.is_default = true,
                Some(("name", name)) => source.name = name.to_owned(),
                _ => own.push(field),
            }
        }
        source.kind = match kind {
            "mock" => SecretKind::Known(assignments(&own)?),
            "file" => SecretKind::Known(file(&own)?),
            "url" => SecretKind::Url(url(&own)?),
            "cli" => return Err(format!("unknown kind of secret source '{kind}': use mock")),
            _ => return Err(format!("unknown kind of secret source '{kind}': use file, mock or url")),
        };
        Ok(source)
    }
}

/// The fields of a source, between commas; a comma in quotes is part of a value.
fn fields(text: &str) -> Vec<String> {
    let (mut fields, mut quoted) = (vec![String::new()], false);
    for character in text.chars() {
        match (character, fields.last_mut()) {
            ('"', _) => quoted = !quoted,
            (',', _) if !quoted => fields.push(String::new()),
            (_, Some(last)) => last.push(character),
            (_, None) => {}
        }
    }
    fields.retain(|field| !field.is_empty());
    fields
}

fn assignments(fields: &[String]) -> Result<BTreeMap<String, String>, String> {
    let pair = |field: &String| {
        let (key, value) = field.split_once('=')?;
        Some((key.to_owned(), value.to_owned()))
    };
    let wrong = || "secret source mock: write key=value, as in mock=default,token=abc".to_owned();
    fields.iter().map(|field| pair(field).ok_or_else(wrong)).collect()
}

/// The secrets of a file: one a line, `key=value`; lines that begin with `#` are comments.
fn file(fields: &[String]) -> Result<BTreeMap<String, String>, String> {
    let named = |field: &String| field.strip_prefix("filename=").unwrap_or(field).to_owned();
    let [path] = &fields.iter().map(named).collect::<Vec<_>>()[..] else {
        return Err(
            "secret source file: name one file, as in file=secrets.txt or file=filename=secrets.txt,name=a"
                .to_owned(),
        );
    };
    let text = std::fs::read_to_string(Path::new(path))
        .map_err(|error| format!("secret source file: cannot read '{path}': {error}"))?;
    let mut secrets = BTreeMap::new();
    for (index, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| {
            format!("secret source file: line {} of '{path}' has no '=': write key=value", index + 1)
        })?;
        secrets.insert(key.trim().to_owned(), value.to_owned());
    }
    Ok(secrets)
}

fn url(fields: &[String]) -> Result<SecretUrl, String> {
    let mut url = SecretUrl {
        method: "GET".to_owned(),
        timeout: Duration::from_secs(30),
        retries: 3,
        ..SecretUrl::default()
    };
    for field in fields {
        let (name, value) = field.split_once('=').unwrap_or((field, ""));
        let wrong = |what: &str| format!("secret source url: {name}={value}: {what}");
        match name {
            "urlTemplate" => url.template = value.to_owned(),
            "method" => url.method = value.to_ascii_uppercase(),
            "responsePath" => url.response_path = value.to_owned(),
            "timeout" => {
                url.timeout = duration::parse(value).map_err(|_| wrong("write a time such as 30s"))?
            }
            "maxRetries" => url.retries = value.parse().map_err(|_| wrong("write a number"))?,
            // Each secret is asked for once a run, so that there is nothing to be limited.
            "requestsPerMinuteLimit" | "requestsBurst" | "retryBackoff" => {}
            "config" => return Err(wrong("write the fields themselves, as in url=urlTemplate=https://...")),
            _ => match name.strip_prefix("headers.") {
                Some(header) => url.headers.push((header.to_owned(), value.to_owned())),
                None => {
                    return Err(wrong(
                        "there are urlTemplate, method, headers.NAME, responsePath, timeout, maxRetries",
                    ));
                }
            },
        }
    }
    match url.template.contains("{key}") && url.template.contains("://") {
        true => Ok(url),
        false => Err("secret source url: give urlTemplate=https://host/path/{key}".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(specs: &[&str]) -> Result<SecretSources, Vec<String>> {
        SecretSources::parse(&specs.iter().map(|spec| (*spec).to_owned()).collect::<Vec<_>>())
    }

    fn get(sources: &SecretSources, source: Option<&str>, key: &str) -> Option<String> {
        match &sources.source(source).ok()?.kind {
            SecretKind::Known(secrets) => secrets.get(key).cloned(),
            SecretKind::Url(_) => None,
        }
    }

    #[test]
    fn sources_have_names_and_one_is_the_default() {
        let one = parse(&["mock=cool=\"a, b\",other=c=d"]).unwrap();
        assert_eq!(get(&one, None, "cool").as_deref(), Some("a, b"));
        assert_eq!(get(&one, Some("mock"), "other").as_deref(), Some("c=d"));
        let two = parse(&["mock=default,cool=1", "mock=name=another,cool=2"]).unwrap();
        assert_eq!(get(&two, None, "cool").as_deref(), Some("1"));
        assert_eq!(get(&two, Some("another"), "cool").as_deref(), Some("2"));
        assert_eq!(
            two.source(Some("x")).unwrap_err().to_string(),
            "no secret source with name \"x\" is configured"
        );
        assert!(!format!("{one:?}").contains("a, b"));
        let nobody = parse(&["mock=name=a,k=1", "mock=name=b,k=2"]).unwrap();
        assert_eq!(nobody.source(None).unwrap_err(), SecretError::NoDefault);
        assert_eq!(SecretSources::default().source(None).unwrap_err(), SecretError::NoSource);
    }

    #[test]
    fn files_have_one_secret_a_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s.txt");
        std::fs::write(&path, "# comment\n\ntoken= a=b \nother=c\n").unwrap();
        for spec in [format!("file={}", path.display()), format!("file=filename={},name=f", path.display())] {
            let sources = parse(&[&spec]).unwrap();
            assert_eq!(get(&sources, None, "token").as_deref(), Some(" a=b "));
            assert_eq!(sources.values().count(), 2);
        }
        std::fs::write(&path, "token").unwrap();
        assert!(parse(&[&format!("file={}", path.display())]).unwrap_err()[0].contains("line 1 of"));
    }

    #[test]
    fn addresses_have_a_place_for_the_name() {
        let url = "url=urlTemplate=https://h/{key},headers.Authorization=Bearer x,responsePath=data.value,timeout=2s";
        let sources = parse(&[url]).unwrap();
        let SecretKind::Url(url) = &sources.source(None).unwrap().kind else { panic!() };
        assert_eq!((url.template.as_str(), url.response_path.as_str()), ("https://h/{key}", "data.value"));
        assert_eq!(url.headers, [("Authorization".to_owned(), "Bearer x".to_owned())]);
        for wrong in [
            "url=urlTemplate=https://h/",
            "url=nobody=1",
            "file=missing.txt",
            "file=",
            "mock=x",
            "vault=x",
            "mock=a=1,b",
        ] {
            assert!(parse(&[wrong]).is_err(), "{wrong}");
        }
        assert_eq!(parse(&["mock=a=1", "mock=b=2"]).unwrap_err().len(), 1);
        assert_eq!(parse(&["mock=default,a=1", "mock=name=x,default,b=2"]).unwrap_err().len(), 1);
    }
}
