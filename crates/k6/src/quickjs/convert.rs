//! Conversions between JavaScript values and Rust ones that several modules need.

use rquickjs::function::{Opt, This};
use rquickjs::{
    Atom, Coerced, Ctx, Exception, FromAtom, FromJs, Function, Object, String as JsString, Value,
};

/// A value as JavaScript's `String(value)` shows it, or the name of a property.
///
/// Correctness: halves of surrogate pairs become replacement characters. `String` as a conversion target refuses
/// values that have such halves, and takes names that have them for UTF-8, which they are not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Text(pub String);

impl<'js> FromJs<'js> for Text {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Self> {
        utf8(&Coerced::<JsString<'js>>::from_js(ctx, value)?.0).map(Self)
    }
}

impl<'js> FromAtom<'js> for Text {
    fn from_atom(name: Atom<'js>) -> rquickjs::Result<Self> {
        utf8(&name.to_js_string()?).map(Self)
    }
}

/// The text as UTF-8, in which halves of surrogate pairs become replacement characters.
pub fn utf8(text: &JsString<'_>) -> rquickjs::Result<String> {
    text.to_string().or_else(|_| {
        let class: Object<'_> = text.ctx().globals().get("String")?;
        let prototype: Object<'_> = class.get("prototype")?;
        prototype.get::<_, Function<'_>>("toWellFormed")?.call((This(text.clone()),))
    })
}

/// The value as JavaScript's `String(value)` shows it.
pub fn to_text(value: &Value<'_>) -> Option<String> {
    Text::from_js(value.ctx(), value.clone()).ok().map(|text| text.0)
}

/// The value as JavaScript's `Number(value)` has it.
pub fn to_number(value: &Value<'_>) -> Option<f64> {
    Coerced::<f64>::from_js(value.ctx(), value.clone()).ok().map(|number| number.0)
}

/// An argument as text; none when it was left out, or is undefined or null.
pub fn text_of(argument: Opt<Value<'_>>) -> Option<String> {
    argument.0.filter(is_some).as_ref().and_then(to_text)
}

/// What an exception says; none when it has no message.
pub fn message(exception: &Exception<'_>) -> Option<String> {
    let message = exception.as_object().get("message");
    message.ok().filter(is_some).as_ref().and_then(to_text)
}

/// Whether a value is there at all.
pub fn is_some(value: &Value<'_>) -> bool {
    !value.is_undefined() && !value.is_null()
}
