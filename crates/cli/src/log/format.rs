//! A format is the form of a log line: text, JSON or the message alone.

use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use flashcrowd_text::{is_obeyed, visible_json};
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The columns of a message on a terminal, before its fields.
const MESSAGE_COLUMNS: usize = 44;

/// The severity of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Useful only for finding faults.
    Debug,
    /// Good to know.
    Info,
    /// May distort the result.
    Warning,
    /// Something failed.
    Error,
}

impl Level {
    /// All levels, the least severe first.
    pub const ALL: [Self; 4] = [Self::Debug, Self::Info, Self::Warning, Self::Error];

    /// The name in `level=...`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The four letters and the colour on a terminal.
    fn tag(self) -> (&'static str, u8) {
        match self {
            Self::Debug => ("DEBU", 37),
            Self::Info => ("INFO", 36),
            Self::Warning => ("WARN", 33),
            Self::Error => ("ERRO", 31),
        }
    }
}

/// The form of a log line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// `INFO[0001] message` on a terminal, else `time=... level=info msg=...`.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
    /// The message alone.
    Raw,
}

/// A log line before it is written.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// When it happened.
    pub time: SystemTime,
    /// The time since the start.
    pub elapsed: Duration,
    /// The severity.
    pub level: Level,
    /// What happened.
    pub message: &'a str,
    /// More fields, such as `source=console`.
    pub fields: &'a [(&'a str, &'a str)],
}

impl Line<'_> {
    /// For a terminal.
    pub fn terminal(&self, color: bool) -> String {
        let (tag, code) = self.level.tag();
        let paint = |text: &str| if color { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() };
        let mut text = format!("{}[{:04}] {}", paint(tag), self.elapsed.as_secs(), self.message);
        if !self.fields.is_empty() {
            let columns = crate::screen::width(self.message);
            text.push_str(&" ".repeat(MESSAGE_COLUMNS.saturating_sub(columns)));
        }
        for (key, value) in self.fields {
            let _infallible = write!(text, " {}={}", paint(key), quoted(value));
        }
        text
    }

    /// For a file or a pipe.
    pub fn logfmt(&self) -> String {
        let mut text = format!("time={}", quoted(&timestamp(self.time)));
        let own = [("level", self.level.name()), ("msg", self.message)];
        for (key, value) in own.iter().chain(self.fields) {
            let _infallible = write!(text, " {key}={}", quoted(value));
        }
        text
    }

    /// For a machine.
    pub fn json(&self) -> String {
        let own = [("level", self.level.name()), ("msg", self.message)];
        let text = |(key, value): &(&str, &str)| ((*key).to_owned(), Value::from(*value));
        let mut object: Map<String, Value> = own.iter().chain(self.fields).map(text).collect();
        object.insert("time".to_owned(), timestamp(self.time).into());
        visible_json(&Value::from(object).to_string()).into_owned()
    }
}

/// The time in UTC, to the second: `2026-11-20T19:00:00Z`.
fn timestamp(time: SystemTime) -> String {
    let time = OffsetDateTime::from(time);
    time.replace_nanosecond(0).unwrap_or(time).format(&Rfc3339).unwrap_or_default()
}

/// The value, quoted if it is not a single word.
fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._/@^+".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => text.extend(['\\', c]),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            c if c.is_control() => {
                let _infallible = write!(text, "\\x{:02x}", u32::from(c));
            }
            c if is_obeyed(c) => {
                let _infallible = write!(text, "\\u{:04x}", u32::from(c));
            }
            c => text.push(c),
        }
    }
    text + "\""
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(message: &'a str, fields: &'a [(&'a str, &'a str)]) -> Line<'a> {
        let since = Duration::from_secs(1_787_994_191);
        let elapsed = Duration::from_millis(1_999);
        Line { time: SystemTime::UNIX_EPOCH + since, elapsed, level: Level::Warning, message, fields }
    }

    #[test]
    fn every_format() {
        let console = [("source", "console")];
        let line = line("say \"hi\"\nto 손님", &console);
        insta::assert_snapshot!(line.logfmt(), @r#"time="2026-08-29T09:03:11Z" level=warning msg="say \"hi\"\nto 손님" source=console"#);
        insta::assert_snapshot!(line.json(), @r#"{"level":"warning","msg":"say \"hi\"\nto 손님","source":"console","time":"2026-08-29T09:03:11Z"}"#);
    }

    #[test]
    fn on_a_terminal_fields_are_aligned() {
        let console = [("source", "console")];
        assert_eq!(line("done", &[]).terminal(false), "WARN[0001] done");
        assert_eq!(line("done", &[]).terminal(true), "\x1b[33mWARN\x1b[0m[0001] done");
        let expected = format!("WARN[0001] {:<44} source=console", "done");
        assert_eq!(line("done", &console).terminal(false), expected);
    }
}
