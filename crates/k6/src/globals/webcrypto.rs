//! The global `crypto`: random values, UUIDs and `subtle` of the Web Crypto API.

use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Value};

use super::subtle;
use crate::modules::crypto;

/// The most bytes that `getRandomValues` fills at once, by its specification.
const MOST: usize = 65_536;

/// Makes the object from the host's functions.
const OBJECT: &str = "
(random, randomUUID, subtle) => {
  const kinds = [
    'Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array',
    'BigInt64Array', 'BigUint64Array',
  ];
  const getRandomValues = (array) => {
    if (!ArrayBuffer.isView(array) || !kinds.includes(array[Symbol.toStringTag])) {
      throw new DOMException('getRandomValues takes a typed array of integers', 'TypeMismatchError');
    }
    const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    bytes.set(new Uint8Array(random(bytes.length)));
    return array;
  };
  let made;
  return Object.defineProperty({ getRandomValues, randomUUID }, 'subtle', { get: () => (made ??= subtle()) });
}
";

/// Defines the global when the script first names it.
pub fn install(ctx: &Ctx<'_>) -> rquickjs::Result<()> {
    crate::quickjs::lazy::global(ctx, "crypto", define)
}

fn define<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<()> {
    let random = Function::new(ctx.clone(), random)?;
    let uuid = Function::new(ctx.clone(), random_uuid)?.with_name("randomUUID")?;
    let subtle = Function::new(ctx.clone(), |ctx: Ctx<'js>| {
        let made = subtle::build(&ctx)?;
        ctx.globals().set("CryptoKey", made.get::<_, Value<'js>>("CryptoKey")?)?;
        made.get::<_, Value<'js>>("subtle")
    })?;
    let make: Function<'js> = ctx.eval(OBJECT)?;
    ctx.globals().set("crypto", make.call::<_, Object<'js>>((random, uuid, subtle))?)
}

fn random(ctx: Ctx<'_>, length: usize) -> rquickjs::Result<ArrayBuffer<'_>> {
    if length > MOST {
        let text = format!("getRandomValues fills at most {MOST} bytes, and the array has {length}");
        return Err(Exception::throw_dom(&ctx, "QuotaExceededError", &text));
    }
    let mut bytes = vec![0; length];
    crypto::fill_random(&ctx, &mut bytes)?;
    ArrayBuffer::new(ctx, bytes)
}

/// A UUID of version 4 (RFC 9562).
fn random_uuid(ctx: Ctx<'_>) -> rquickjs::Result<String> {
    let mut bytes = [0; 16];
    crypto::fill_random(&ctx, &mut bytes)?;
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = format!("{:032x}", u128::from_be_bytes(bytes));
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::globals::shown;

    fn check(script: &str, expected: &str) {
        shown::check(install, script, expected);
    }

    #[test]
    fn typed_arrays_are_filled_in_place() {
        check(
            "(() => { const a = new Uint8Array(64); \
             return crypto.getRandomValues(a) === a && a.some(Boolean); })()",
            "true",
        );
        check("crypto.getRandomValues(new BigUint64Array(8)).some(Boolean)", "true");
        // Only what the view shows is overwritten.
        check(
            "(() => { const a = new Uint8Array(96); crypto.getRandomValues(a.subarray(32, 64)); \
             return a.subarray(0, 32).every((b) => b === 0) && a.subarray(32, 64).some(Boolean) \
             && a.subarray(64).every((b) => b === 0); })()",
            "true",
        );
        check("crypto.getRandomValues(new Uint8Array(65536)).length", "65536");
    }

    #[test]
    fn what_cannot_be_filled_is_refused() {
        let name =
            |call: &str| format!("(() => {{ try {{ {call} }} catch (error) {{ return error.name; }} }})()");
        check(&name("crypto.getRandomValues(new Float64Array(1))"), "TypeMismatchError");
        check(&name("crypto.getRandomValues(new DataView(new ArrayBuffer(1)))"), "TypeMismatchError");
        check(&name("crypto.getRandomValues([1])"), "TypeMismatchError");
        check(&name("crypto.getRandomValues()"), "TypeMismatchError");
        check(&name("crypto.getRandomValues(new Uint8Array(65537))"), "QuotaExceededError");
    }

    #[test]
    fn uuids_are_of_version_4_and_differ() {
        let pattern = "/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/";
        check(&format!("[...Array(100)].every(() => {pattern}.test(crypto.randomUUID()))"), "true");
        check("new Set([...Array(100)].map(() => crypto.randomUUID())).size", "100");
    }

    #[test]
    fn subtle_is_made_once() {
        check("Object.keys(crypto)", "getRandomValues,randomUUID");
        check(
            "[crypto.subtle === crypto.subtle, crypto.subtle, typeof CryptoKey]",
            "true,[object SubtleCrypto],function",
        );
    }
}
