//! A script error is an exception as its author wants to read it: message, then file, line and column.

use std::time::Duration;

use flashcrowd_modules::{Place, SourceError};
use rquickjs::{CatchResultExt, CaughtError, Ctx, Exception, Value};

use crate::inspect;
use crate::quickjs::{convert, memory, throws};
use crate::state;

/// What went wrong in a script.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{text}")]
pub struct ScriptError {
    /// The message, and one line for each stack frame.
    pub text: String,
    /// Whether the virtual user was interrupted, which is no fault of the script.
    pub interrupted: bool,
}

impl ScriptError {
    /// An error with a message alone.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), interrupted: false }
    }

    /// Says that something was ended from outside.
    pub fn interrupted(what: &str) -> Self {
        Self { text: format!("{what} was interrupted"), interrupted: true }
    }

    /// The same of a top level that took too long: where it was.
    pub fn too_long(self, limit: Duration) -> Self {
        let place = self.text.find("\n\t").map_or("", |start| &self.text[start..]);
        Self::new(format!(
            "the top level of the script took longer than {} seconds (K6_INIT_TIMEOUT){place}",
            limit.as_secs_f64()
        ))
    }

    /// The error of a failed call into the VM.
    pub fn caught<'js>(ctx: &Ctx<'js>, error: rquickjs::Error) -> Self {
        match Err::<(), _>(error).catch(ctx) {
            Err(CaughtError::Exception(exception)) => {
                let interrupted = exception.as_object().as_value().is_uncatchable_error();
                Self { text: describe(&exception), interrupted }
            }
            Err(CaughtError::Value(value)) => Self::thrown(&value),
            Err(CaughtError::Error(error)) => Self::new(error.to_string()),
            Ok(()) => Self::new("unknown error"),
        }
    }

    /// The error of a value that a script threw or a promise was rejected with.
    pub fn thrown(value: &Value<'_>) -> Self {
        match value.clone().into_exception() {
            Some(exception) => {
                let interrupted = value.is_uncatchable_error();
                Self { text: describe(&exception), interrupted }
            }
            None => Self::new(
                dom_exception(value).unwrap_or_else(|| inspect::display(value) + &throws::last(value.ctx())),
            ),
        }
    }
}

/// The text of a DOMException, which is no Error to the VM.
fn dom_exception(value: &Value<'_>) -> Option<String> {
    let object = value.as_object()?;
    let class: rquickjs::Object<'_> = object.get("constructor").ok()?;
    let is_one = class.get::<_, String>("name").ok()? == "DOMException";
    let part = |name| object.get::<_, Value<'_>>(name).ok().as_ref().and_then(convert::to_text);
    if is_one { Some(format!("{}: {}", part("name")?, part("message")?)) } else { None }
}
/// What the VM says when its heap cannot grow.
const OUT_OF_MEMORY: &str = "out of memory";

/// Throws why an import cannot be followed.
pub(crate) fn thrown(ctx: &Ctx<'_>, error: &SourceError) -> rquickjs::Error {
    Exception::throw_message(ctx, &error.to_string())
}

fn describe(exception: &Exception<'_>) -> String {
    let name: String = exception.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
    let message = convert::message(exception).unwrap_or_default();
    let head = match message.as_str() {
        "" => name,
        OUT_OF_MEMORY => format!(
            "{name}: {message}: a virtual user's heap may take {} MiB, and the process three quarters of its memory",
            memory::of_a_vu() >> 20
        ),
        message => format!("{name}: {message}"),
    };
    let mut text = head;
    for frame in exception.stack().unwrap_or_default().lines() {
        let frame = frame.trim();
        // Frames of host functions say nothing to the script's author.
        if frame.is_empty() || frame.ends_with("(native)") || frame.ends_with("native") {
            continue;
        }
        text.push_str("\n\t");
        text.push_str(&as_written(frame).unwrap_or_else(|| frame.to_owned()));
    }
    text
}

/// A stack frame with the file and place that were written, where the code was generated from others.
fn as_written(frame: &str) -> Option<String> {
    let (head, tail) = frame.strip_suffix(')').map_or((frame, ""), |head| (head, ")"));
    let mut parts = head.rsplitn(3, ':');
    let (column, line, head) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    let start = head.rfind("file://").or_else(|| head.rfind("https://")).or_else(|| head.rfind("http://"))?;
    let (before, name) = head.split_at(start);
    let vu = state::try_current()?;
    let (file, place) = vu.program.sources.written(name, Place { line, column })?;
    Some(format!("{before}{file}:{}:{}{tail}", place.line, place.column))
}
