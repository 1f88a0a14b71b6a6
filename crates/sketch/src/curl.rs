//! curl: commands as they are copied from browsers and manuals.

use serde_json::Value;

use crate::error::SketchError;
use crate::har::{is_secret, short_name};
use crate::shell::commands;
use crate::sketch::{Body, Call, Part, Piece, Sketch, Text, name_of};

/// Options with a value that change nothing here.
const IGNORED: [&str; 22] = [
    "-o",
    "--output",
    "-m",
    "--max-time",
    "--connect-timeout",
    "-w",
    "--write-out",
    "--retry",
    "-x",
    "--proxy",
    "--cacert",
    "--resolve",
    "-E",
    "--cert",
    "--key",
    "-D",
    "--dump-header",
    "-c",
    "--cookie-jar",
    "--max-redirs",
    "--retry-delay",
    "--limit-rate",
];

pub(crate) fn read(text: &str) -> Result<Sketch, SketchError> {
    let mut sketch = Sketch { title: "Commands of curl".to_owned(), ..Sketch::default() };
    for words in commands(text).map_err(SketchError::Unreadable)? {
        let Some(at) =
            words.iter().position(|word| word == "curl" || word.ends_with("/curl") || word == "curl.exe")
        else {
            continue;
        };
        let call = call(&words[at + 1..], &mut sketch)?;
        sketch.calls.extend(call);
    }
    if sketch.calls.is_empty() { Err(SketchError::Empty(": no line begins with curl")) } else { Ok(sketch) }
}

#[derive(Default)]
struct Command {
    method: Option<String>,
    url: Option<String>,
    headers: Vec<(String, Text)>,
    data: Vec<String>,
    file: Option<String>,
    parts: Vec<(String, Part)>,
    in_query: bool,
    json: bool,
}

fn call(words: &[String], sketch: &mut Sketch) -> Result<Option<Call>, SketchError> {
    let mut command = Command::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let (option, joined) = split(word);
        let mut value = || -> Result<String, SketchError> {
            let missing = || SketchError::Unreadable(format!("curl's option {option} has no value"));
            joined.clone().or_else(|| rest.next().cloned()).ok_or_else(missing)
        };
        match option.as_str() {
            "-X" | "--request" => command.method = Some(value()?.to_ascii_uppercase()),
            "--url" => command.url = Some(value()?),
            "-H" | "--header" => header(&value()?, &mut command, sketch),
            "-d" | "--data" | "--data-ascii" | "--data-binary" => data(value()?, &mut command),
            "--data-raw" => command.data.push(value()?),
            "--data-urlencode" => command.data.push(urlencoded(&value()?)),
            "--json" => {
                command.json = true;
                data(value()?, &mut command);
            }
            "-F" | "--form" | "--form-string" => part(&value()?, &mut command),
            "-u" | "--user" => {
                // Credentials are nobody's to keep in a script.
                value()?;
                let variable = "BASIC_AUTHORIZATION".to_owned();
                sketch.variables.insert(variable.clone(), None);
                command.headers.push(("Authorization".to_owned(), Text(vec![Piece::Variable(variable)])));
            }
            "-A" | "--user-agent" => command.headers.push(("User-Agent".to_owned(), Text::plain(value()?))),
            "-e" | "--referer" => command.headers.push(("Referer".to_owned(), Text::plain(value()?))),
            "-b" | "--cookie" => command.headers.push(("Cookie".to_owned(), Text::plain(value()?))),
            "-G" | "--get" => command.in_query = true,
            "-I" | "--head" => command.method = Some("HEAD".to_owned()),
            _ if IGNORED.contains(&option.as_str()) => {
                value()?;
            }
            _ if option.starts_with('-') && option.len() > 1 => {}
            _ => command.url = command.url.or(Some(word.clone())),
        }
    }
    Ok(command.finish())
}

impl Command {
    fn finish(mut self) -> Option<Call> {
        let mut url = self.url.take()?;
        if !url.contains("://") {
            url.insert_str(0, "http://");
        }
        let has_body = !self.data.is_empty() || self.file.is_some() || !self.parts.is_empty();
        if self.in_query && !self.data.is_empty() {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(&self.data.join("&"));
            self.data.clear();
        }
        let usual = if has_body && !self.in_query { "POST" } else { "GET" };
        let method = self.method.take().unwrap_or_else(|| usual.to_owned());
        let body = self.body();
        let has = |headers: &[(String, Text)], wanted: &str| {
            headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted))
        };
        let kind = match (&body, self.json) {
            (_, true) => Some("application/json"),
            (Body::Text(_) | Body::File(_), false) => Some("application/x-www-form-urlencoded"),
            _ => None,
        };
        if let Some(kind) = kind.filter(|_| !has(&self.headers, "content-type")) {
            self.headers.push(("Content-Type".to_owned(), Text::plain(kind)));
        }
        Some(Call {
            name: short_name(&method, &url),
            method,
            url: Text::plain(url),
            headers: self.headers,
            body,
            ..Call::default()
        })
    }

    fn body(&mut self) -> Body {
        if !self.parts.is_empty() {
            return Body::Parts(std::mem::take(&mut self.parts));
        }
        if let Some(path) = self.file.take() {
            return Body::File(path);
        }
        if self.data.is_empty() {
            return Body::Nothing;
        }
        let text = self.data.join("&");
        let is_json = self.json
            || self.headers.iter().any(|(name, value)| {
                name.eq_ignore_ascii_case("content-type")
                    && value.as_plain().is_some_and(|kind| kind.contains("json"))
            });
        match serde_json::from_str::<Value>(&text) {
            Ok(value) if is_json => Body::Json(value),
            _ => Body::Text(Text::plain(text)),
        }
    }
}

fn header(text: &str, command: &mut Command, sketch: &mut Sketch) {
    let Some((name, value)) = text.split_once(':') else { return };
    let (name, value) = (name.trim(), value.trim());
    let lower = name.to_ascii_lowercase();
    if matches!(lower.as_str(), "content-length" | "host" | "accept-encoding" | "connection") {
        return;
    }
    let value = match is_secret(&lower) {
        true => {
            let variable = name_of(&name.to_uppercase());
            sketch.variables.insert(variable.clone(), None);
            Text(vec![Piece::Variable(variable)])
        }
        false => Text::plain(value),
    };
    command.headers.push((name.to_owned(), value));
}

fn data(value: String, command: &mut Command) {
    match value.strip_prefix('@') {
        Some(path) => command.file = Some(path.to_owned()),
        None => command.data.push(value),
    }
}

fn part(text: &str, command: &mut Command) {
    let Some((name, value)) = text.split_once('=') else { return };
    let part = match value.strip_prefix('@').or_else(|| value.strip_prefix('<')) {
        Some(path) => Part::File(path.split(';').next().unwrap_or(path).to_owned()),
        None => Part::Text(Text::plain(value)),
    };
    command.parts.push((name.to_owned(), part));
}

fn urlencoded(text: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    match text.split_once('=') {
        Some(("", value)) => encode(value),
        Some((name, value)) => format!("{name}={}", encode(value)),
        None => encode(text),
    }
}

/// An option and its value, where both are one word: `-XPOST`, `--url=x`.
fn split(word: &str) -> (String, Option<String>) {
    if let Some((option, value)) = word.split_once('=').filter(|(option, _)| option.starts_with("--")) {
        return (option.to_owned(), Some(value.to_owned()));
    }
    let is_short = word.starts_with('-') && !word.starts_with("--");
    match word.char_indices().nth(2) {
        Some((at, _)) if is_short && "XHdFuAeb".contains(&word[1..at]) => {
            (word[..at].to_owned(), Some(word[at..].to_owned()))
        }
        _ => (word.to_owned(), None),
    }
}
