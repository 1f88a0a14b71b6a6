//! Conversions between JavaScript values and Rust ones that several modules need.

use rquickjs::function::Opt;
use rquickjs::{Coerced, FromJs, Value};

/// The value as JavaScript's `String(value)` shows it.
pub fn to_text(value: &Value<'_>) -> Option<String> {
    Coerced::<String>::from_js(value.ctx(), value.clone()).ok().map(|text| text.0)
}

/// The value as JavaScript's `Number(value)` has it.
pub fn to_number(value: &Value<'_>) -> Option<f64> {
    Coerced::<f64>::from_js(value.ctx(), value.clone()).ok().map(|number| number.0)
}

/// An argument as text; none when it was left out, or is undefined or null.
pub fn text_of(argument: Opt<Value<'_>>) -> Option<String> {
    argument.0.filter(is_some).as_ref().and_then(to_text)
}

/// Whether a value is there at all.
pub fn is_some(value: &Value<'_>) -> bool {
    !value.is_undefined() && !value.is_null()
}
