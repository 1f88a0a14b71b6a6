//! A script error is an exception as its author wants to read it: message, then file, line and column.

use rquickjs::{CatchResultExt, CaughtError, Ctx, Exception, Value};

use crate::inspect;
use crate::quickjs::convert;
use crate::quickjs::throws;

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
            None => Self::new(inspect::display(value) + &throws::last(value.ctx())),
        }
    }
}

fn describe(exception: &Exception<'_>) -> String {
    let name: String = exception.as_object().get("name").unwrap_or_else(|_| "Error".to_owned());
    let message = convert::message(exception).unwrap_or_default();
    let head = if message.is_empty() { name } else { format!("{name}: {message}") };
    let mut text = head;
    for frame in exception.stack().unwrap_or_default().lines() {
        let frame = frame.trim();
        // Frames of host functions say nothing to the script's author.
        if frame.is_empty() || frame.ends_with("(native)") || frame.ends_with("native") {
            continue;
        }
        text.push_str("\n\t");
        text.push_str(frame);
    }
    text
}
