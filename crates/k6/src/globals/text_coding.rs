//! `TextEncoder` and `TextDecoder`, for UTF-8.

use rquickjs::{Ctx, Exception, Function, String as JsString, TypedArray, Value};

use crate::quickjs::convert::Text;
use crate::quickjs::vm;

const CLASSES: &str = "
class TextEncoder {
  get encoding() { return 'utf-8'; }
  encode(text = '') { return __utf8Encode(String(text)); }
}
class TextDecoder {
  #fatal; #ignoreBOM;
  constructor(label = 'utf-8', options = {}) {
    if (!['utf-8', 'utf8', 'unicode-1-1-utf-8'].includes(String(label).trim().toLowerCase())) {
      throw new RangeError(`unsupported encoding: ${label}`);
    }
    this.#fatal = Boolean(options.fatal);
    this.#ignoreBOM = Boolean(options.ignoreBOM);
  }
  get encoding() { return 'utf-8'; }
  get fatal() { return this.#fatal; }
  get ignoreBOM() { return this.#ignoreBOM; }
  decode(input) {
    const text = input === undefined ? '' : __utf8Decode(input, this.#fatal);
    return !this.#ignoreBOM && text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  }
}
Object.assign(globalThis, { TextEncoder, TextDecoder });
";

/// Defines the two classes when the script first names one of them.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    for name in ["TextEncoder", "TextDecoder"] {
        crate::quickjs::lazy::global(ctx, name, define)?;
    }
    Ok(())
}

fn define(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    ctx.globals().set("__utf8Encode", Function::new(ctx.clone(), utf8_encode)?)?;
    ctx.globals().set("__utf8Decode", Function::new(ctx.clone(), utf8_decode)?)?;
    ctx.eval(CLASSES)
}

fn utf8_encode(ctx: Ctx<'_>, Text(text): Text) -> rquickjs::Result<TypedArray<'_, u8>> {
    TypedArray::new(ctx, text.into_bytes())
}

fn utf8_decode<'js>(ctx: Ctx<'js>, input: Value<'js>, fatal: bool) -> rquickjs::Result<JsString<'js>> {
    let Some(bytes) = vm::binary(&input) else {
        return Err(Exception::throw_type(&ctx, "TextDecoder.decode takes an ArrayBuffer or a view on one"));
    };
    if fatal && std::str::from_utf8(&bytes).is_err() {
        return Err(Exception::throw_type(&ctx, "the input is not valid UTF-8"));
    }
    JsString::from_str(ctx, &String::from_utf8_lossy(&bytes))
}
