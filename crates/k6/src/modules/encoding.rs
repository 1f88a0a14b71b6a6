//! Module `k6/encoding`: base64 in four variants.

use base64::alphabet::{self, Alphabet};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, Engine};
use rquickjs::function::Opt;
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, IntoJs, Object, Value};

use crate::quickjs::convert;
use crate::quickjs::vm;

/// What the module exports.
pub const EXPORTS: &[&str] = &["b64decode", "b64encode"];

/// Base64 with padding.
pub(crate) const STANDARD: GeneralPurpose = engine(&alphabet::STANDARD, true);
/// Base64 without padding.
pub(crate) const RAW_STANDARD: GeneralPurpose = engine(&alphabet::STANDARD, false);
/// Base64 for URLs, with padding.
pub(crate) const URL: GeneralPurpose = engine(&alphabet::URL_SAFE, true);
/// Base64 for URLs, without padding.
pub(crate) const RAW_URL: GeneralPurpose = engine(&alphabet::URL_SAFE, false);

const fn engine(alphabet: &Alphabet, padded: bool) -> GeneralPurpose {
    let padding = if padded { DecodePaddingMode::RequireCanonical } else { DecodePaddingMode::RequireNone };
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(padded)
        .with_decode_padding_mode(padding)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(alphabet, config)
}

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    module.set("b64decode", Function::new(ctx.clone(), b64decode)?.with_name("b64decode")?)?;
    module.set("b64encode", Function::new(ctx.clone(), b64encode)?.with_name("b64encode")?)?;
    Ok(module)
}

/// The bytes of what a script hands over as data: UTF-8 of a string, or a buffer's.
pub(crate) fn bytes<'js>(ctx: &Ctx<'js>, data: Option<Value<'js>>) -> rquickjs::Result<Vec<u8>> {
    let data = data.unwrap_or_else(|| Value::new_undefined(ctx.clone()));
    if let Some(text) = data.as_string() {
        return convert::utf8(text).map(String::into_bytes);
    }
    vm::binary(&data).ok_or_else(|| {
        let text = format!("invalid type {}, expected a string or an ArrayBuffer", data.type_name());
        Exception::throw_type(ctx, &text)
    })
}

/// The variant of that name; a name nobody knows is the standard one, as in k6.
fn variant(name: Opt<Value<'_>>) -> rquickjs::Result<GeneralPurpose> {
    Ok(match convert::text_of(name)?.as_deref() {
        Some("rawstd") => RAW_STANDARD,
        Some("url") => URL,
        Some("rawurl") => RAW_URL,
        _ => STANDARD,
    })
}

fn b64encode<'js>(
    ctx: Ctx<'js>,
    input: Opt<Value<'js>>,
    encoding: Opt<Value<'js>>,
) -> rquickjs::Result<String> {
    Ok(variant(encoding)?.encode(bytes(&ctx, input.0)?))
}

fn b64decode<'js>(
    ctx: Ctx<'js>,
    input: Opt<Value<'js>>,
    encoding: Opt<Value<'js>>,
    format: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    let mut text = convert::text_of(input)?.unwrap_or_default();
    text.retain(|c| c != '\r' && c != '\n');
    let decoded = variant(encoding)?.decode(&text).map_err(|error| {
        let at = offset(error, &text);
        Exception::throw_message(&ctx, &format!("illegal base64 data at input byte {at}"))
    })?;
    if convert::text_of(format)?.as_deref() == Some("s") {
        return String::from_utf8_lossy(&decoded).into_owned().into_js(&ctx);
    }
    Ok(ArrayBuffer::new(ctx, decoded)?.into_value())
}

/// Where decoding failed; text that is cut off fails in its last group of four.
fn offset(error: DecodeError, text: &str) -> usize {
    let last_group = text.len() / 4 * 4;
    match error {
        DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol(at, _) => at,
        DecodeError::InvalidLength(_) => last_group,
        DecodeError::InvalidPadding => text.find('=').unwrap_or(last_group),
    }
}

#[cfg(test)]
mod tests {
    use rquickjs::{CatchResultExt, Context, Runtime};

    use super::*;

    fn check(script: &str, expected: &str) {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            ctx.globals().set("encoding", build(&ctx).unwrap()).unwrap();
            let result = ctx.eval::<String, _>(format!("String({script})")).catch(&ctx);
            let shown = result.unwrap_or_else(|error| match error {
                rquickjs::CaughtError::Exception(error) => error.message().unwrap_or_default(),
                other => other.to_string(),
            });
            assert_eq!(shown, expected, "{script}");
        });
    }

    #[test]
    fn rfc_4648_vectors() {
        for (plain, encoded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            let raw = encoded.trim_end_matches('=');
            check(&format!("encoding.b64encode('{plain}')"), encoded);
            check(&format!("encoding.b64encode('{plain}', 'rawstd')"), raw);
            check(&format!("encoding.b64decode('{encoded}', 'std', 's')"), plain);
            check(&format!("encoding.b64decode('{raw}', 'rawstd', 's')"), plain);
        }
    }

    #[test]
    fn variants_differ_in_two_characters_and_in_padding() {
        for (variant, encoded) in
            [("std", "++//Pw=="), ("rawstd", "++//Pw"), ("url", "--__Pw=="), ("rawurl", "--__Pw")]
        {
            let bytes = "new Uint8Array([0xfb, 0xef, 0xff, 0x3f])";
            check(&format!("encoding.b64encode({bytes}, '{variant}')"), encoded);
            check(&format!("encoding.b64encode({bytes}.buffer, '{variant}')"), encoded);
            let decoded = format!("new Uint8Array(encoding.b64decode('{encoded}', '{variant}'))");
            check(&decoded, "251,239,255,63");
        }
        check("encoding.b64encode('a', 'unheard of')", "YQ==");
        check("encoding.b64encode('a', undefined)", "YQ==");
    }

    #[test]
    fn text_is_utf8() {
        check("encoding.b64encode('é😀')", "w6nwn5iA");
        check("encoding.b64decode('w6nwn5iA', 'std', 's')", "é😀");
        check("encoding.b64encode('\\ud800')", "77+9");
        check("encoding.b64decode('/w==', 'std', 's')", "\u{fffd}");
        check("encoding.b64encode(new Uint8Array([1, 2, 3]).subarray(1))", "AgM=");
    }

    #[test]
    fn line_breaks_are_skipped_and_errors_say_where() {
        check("encoding.b64decode('Zm9v\\r\\nYmFy', 'std', 's')", "foobar");
        check("encoding.b64decode('Zm9v!mFy')", "illegal base64 data at input byte 4");
        check("encoding.b64decode('Zm9vYg')", "illegal base64 data at input byte 4");
        check("encoding.b64decode('--__')", "illegal base64 data at input byte 0");
        check("encoding.b64decode('Zg==', 'rawstd')", "illegal base64 data at input byte 2");
    }

    #[test]
    fn other_values_are_refused() {
        check("encoding.b64encode()", "invalid type undefined, expected a string or an ArrayBuffer");
        check("encoding.b64encode([1])", "invalid type array, expected a string or an ArrayBuffer");
    }
}
