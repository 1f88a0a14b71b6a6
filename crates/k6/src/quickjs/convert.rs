//! Conversions of arguments: what scripts hand over becomes what modules take, with the rules of k6's language.
//!
//! Anything printable does where a text is wanted, and anything that counts where a number is. What cannot be converted
//! throws: no conversion here leaves an exception behind that nobody is told of.

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
        if let Some(symbol) = value.as_symbol() {
            return text(&symbol.description()?).map(Self);
        }
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

/// The value as a text; of a symbol its description.
pub fn text(value: &Value<'_>) -> rquickjs::Result<String> {
    Text::from_js(value.ctx(), value.clone()).map(|text| text.0)
}

/// The value as a text for messages; none where it has none.
pub fn to_text(value: &Value<'_>) -> Option<String> {
    text(value).map_err(|error| forget(value.ctx(), &error)).ok()
}

/// The value as JavaScript's `Number(value)` has it.
pub fn number(value: &Value<'_>) -> rquickjs::Result<f64> {
    if let Some(big) = value.as_big_int() {
        return Ok(big.clone().to_i64().map_or(f64::NAN, |number| number as f64));
    }
    Coerced::<f64>::from_js(value.ctx(), value.clone()).map(|number| number.0)
}

/// The value as a whole number: without its fraction, zero where it is no number.
pub fn integer(value: &Value<'_>) -> rquickjs::Result<i64> {
    number(value).map(|number| number as i64)
}

/// An argument as a number; zero when it was left out, or is undefined or null.
pub fn number_of(argument: Opt<Value<'_>>) -> rquickjs::Result<f64> {
    let given = argument.0.filter(is_some);
    given.as_ref().map_or(Ok(0.0), number).map(|number| if number.is_nan() { 0.0 } else { number })
}

/// An argument as text; none when it was left out, or is undefined or null.
pub fn text_of(argument: Opt<Value<'_>>) -> rquickjs::Result<Option<String>> {
    argument.0.filter(is_some).as_ref().map(text).transpose()
}

/// Whether JavaScript takes a value for true.
pub fn truthy(value: &Value<'_>) -> bool {
    if let Some(flag) = value.as_bool() {
        return flag;
    }
    if let Some(number) = value.as_number() {
        return number != 0.0 && !number.is_nan();
    }
    if let Some(text) = value.as_string() {
        return !utf8(text).is_ok_and(|text| text.is_empty());
    }
    if let Some(number) = value.as_big_int() {
        return number.clone().to_i64().map_or(true, |n| n != 0);
    }
    is_some(value)
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

/// Whether an object is one of named fields: no list and no function.
pub fn is_record(object: &Object<'_>) -> bool {
    !object.is_array() && !object.is_function()
}

/// Drops the exception of a conversion, but for one that ends the script.
fn forget(ctx: &Ctx<'_>, error: &rquickjs::Error) {
    if error.is_exception() {
        let thrown = ctx.catch();
        if thrown.is_uncatchable_error() {
            ctx.throw(thrown);
        }
    }
}
