//! Module `k6/crypto`: hashes, HMAC and random bytes.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;

use base64::Engine;
use hmac::digest::Digest;
use hmac::digest::block_api::BlockSizeUser;
use hmac::{KeyInit, Mac, SimpleHmac};
use md4::Md4;
use md5::Md5;
use ring::rand::{SecureRandom, SystemRandom};
use ripemd::Ripemd160;
use rquickjs::function::Opt;
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, IntoJs, Object, Value};
use sha1::Sha1;
use sha2::{Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::encoding;
use crate::quickjs::convert;

/// What the module exports.
pub const EXPORTS: &[&str] = &[
    "createHMAC",
    "createHash",
    "hexEncode",
    "hmac",
    "md4",
    "md5",
    "randomBytes",
    "ripemd160",
    "sha1",
    "sha256",
    "sha384",
    "sha512",
    "sha512_224",
    "sha512_256",
];

/// The most random bytes at once: no array buffer is longer.
const MOST_RANDOM: f64 = i32::MAX as f64;

/// A hash or an HMAC that takes its input in pieces.
trait Hasher {
    fn update(&mut self, data: &[u8]);

    /// The digest of all input so far, after which there may be more.
    fn digest(&self) -> Vec<u8>;
}

struct Plain<D>(D);

impl<D: Digest + Clone> Hasher for Plain<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn digest(&self) -> Vec<u8> {
        self.0.clone().finalize().to_vec()
    }
}

struct Keyed<D: Digest + BlockSizeUser>(SimpleHmac<D>);

impl<D: Digest + BlockSizeUser + Clone> Hasher for Keyed<D> {
    fn update(&mut self, data: &[u8]) {
        self.0.update(data);
    }

    fn digest(&self) -> Vec<u8> {
        self.0.clone().finalize().into_bytes().to_vec()
    }
}

/// A hash function, by the name that scripts have for it.
struct Algorithm {
    name: &'static str,
    plain: fn() -> Box<dyn Hasher>,
    keyed: fn(&[u8]) -> Option<Box<dyn Hasher>>,
}

impl Algorithm {
    const fn of<D: Digest + BlockSizeUser + Clone + 'static>(name: &'static str) -> Self {
        Self {
            name,
            plain: || Box::new(Plain(D::new())),
            keyed: |key| Some(Box::new(Keyed(SimpleHmac::<D>::new_from_slice(key).ok()?))),
        }
    }
}

static ALGORITHMS: [Algorithm; 9] = [
    Algorithm::of::<Md4>("md4"),
    Algorithm::of::<Md5>("md5"),
    Algorithm::of::<Ripemd160>("ripemd160"),
    Algorithm::of::<Sha1>("sha1"),
    Algorithm::of::<Sha256>("sha256"),
    Algorithm::of::<Sha384>("sha384"),
    Algorithm::of::<Sha512>("sha512"),
    Algorithm::of::<Sha512_224>("sha512_224"),
    Algorithm::of::<Sha512_256>("sha512_256"),
];

/// Makes the module's functions.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let module = Object::new(ctx.clone())?;
    for algorithm in &ALGORITHMS {
        let hash = move |ctx: Ctx<'js>, input: Opt<Value<'js>>, output: Opt<Value<'js>>| {
            digest(&ctx, (algorithm.plain)(), input.0, output.0)
        };
        module.set(algorithm.name, Function::new(ctx.clone(), hash)?.with_name(algorithm.name)?)?;
    }
    module.set("createHMAC", Function::new(ctx.clone(), create_hmac)?.with_name("createHMAC")?)?;
    module.set("createHash", Function::new(ctx.clone(), create_hash)?.with_name("createHash")?)?;
    module.set("hexEncode", Function::new(ctx.clone(), hex_encode)?.with_name("hexEncode")?)?;
    module.set("hmac", Function::new(ctx.clone(), hmac)?.with_name("hmac")?)?;
    module.set("randomBytes", Function::new(ctx.clone(), random_bytes)?.with_name("randomBytes")?)?;
    Ok(module)
}

fn find<'js>(ctx: &Ctx<'js>, name: Option<Value<'js>>) -> rquickjs::Result<&'static Algorithm> {
    let name = text(name)?;
    ALGORITHMS
        .iter()
        .find(|algorithm| algorithm.name == name)
        .ok_or_else(|| Exception::throw_message(ctx, &format!("invalid algorithm: {name}")))
}

/// What a script passes as a name; nothing is the empty name.
fn text(value: Option<Value<'_>>) -> rquickjs::Result<String> {
    convert::text_of(Opt(value)).map(Option::unwrap_or_default)
}

fn keyed<'js>(
    ctx: &Ctx<'js>,
    algorithm: Option<Value<'js>>,
    key: Option<Value<'js>>,
) -> rquickjs::Result<Box<dyn Hasher>> {
    let algorithm = find(ctx, algorithm)?;
    let key = encoding::bytes(ctx, key)?;
    (algorithm.keyed)(&key).ok_or_else(|| Exception::throw_message(ctx, "invalid key length"))
}

fn digest<'js>(
    ctx: &Ctx<'js>,
    mut hasher: Box<dyn Hasher>,
    input: Option<Value<'js>>,
    output: Option<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    hasher.update(&encoding::bytes(ctx, input)?);
    encode(ctx, hasher.digest(), output)
}

fn encode<'js>(ctx: &Ctx<'js>, sum: Vec<u8>, output: Option<Value<'js>>) -> rquickjs::Result<Value<'js>> {
    let encoded = match text(output)?.as_str() {
        "hex" => hex(&sum),
        "base64" => encoding::STANDARD.encode(sum),
        "base64url" => encoding::URL.encode(sum),
        "base64rawurl" => encoding::RAW_URL.encode(sum),
        "binary" => return Ok(ArrayBuffer::new(ctx.clone(), sum)?.into_value()),
        other => return Err(Exception::throw_message(ctx, &format!("invalid output encoding: {other}"))),
    };
    encoded.into_js(ctx)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a string never fails.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn create_hash<'js>(ctx: Ctx<'js>, algorithm: Opt<Value<'js>>) -> rquickjs::Result<Object<'js>> {
    hasher(&ctx, (find(&ctx, algorithm.0)?.plain)())
}

fn create_hmac<'js>(
    ctx: Ctx<'js>,
    algorithm: Opt<Value<'js>>,
    key: Opt<Value<'js>>,
) -> rquickjs::Result<Object<'js>> {
    hasher(&ctx, keyed(&ctx, algorithm.0, key.0)?)
}

/// The object with which a script feeds a hasher.
fn hasher<'js>(ctx: &Ctx<'js>, hasher: Box<dyn Hasher>) -> rquickjs::Result<Object<'js>> {
    let hasher = Rc::new(RefCell::new(hasher));
    let fed = hasher.clone();
    let update = move |ctx: Ctx<'js>, input: Opt<Value<'js>>| -> rquickjs::Result<()> {
        let data = encoding::bytes(&ctx, input.0)?;
        fed.borrow_mut().update(&data);
        Ok(())
    };
    let digest = move |ctx: Ctx<'js>, output: Opt<Value<'js>>| {
        let sum = hasher.borrow().digest();
        encode(&ctx, sum, output.0)
    };
    let object = Object::new(ctx.clone())?;
    object.set("update", Function::new(ctx.clone(), update)?.with_name("update")?)?;
    object.set("digest", Function::new(ctx.clone(), digest)?.with_name("digest")?)?;
    Ok(object)
}

fn hmac<'js>(
    ctx: Ctx<'js>,
    algorithm: Opt<Value<'js>>,
    key: Opt<Value<'js>>,
    input: Opt<Value<'js>>,
    output: Opt<Value<'js>>,
) -> rquickjs::Result<Value<'js>> {
    digest(&ctx, keyed(&ctx, algorithm.0, key.0)?, input.0, output.0)
}

fn hex_encode<'js>(ctx: Ctx<'js>, data: Opt<Value<'js>>) -> rquickjs::Result<String> {
    Ok(hex(&encoding::bytes(&ctx, data.0)?))
}

fn random_bytes<'js>(ctx: Ctx<'js>, size: Opt<Value<'js>>) -> rquickjs::Result<ArrayBuffer<'js>> {
    let size = convert::number_of(size)?;
    if !(1.0..=MOST_RANDOM).contains(&size) {
        return Err(Exception::throw_message(&ctx, "invalid size"));
    }
    let mut bytes = vec![0; size as usize];
    fill_random(&ctx, &mut bytes)?;
    ArrayBuffer::new(ctx, bytes)
}

/// Overwrites all bytes with ones that nobody can guess.
pub(crate) fn fill_random(ctx: &Ctx<'_>, bytes: &mut [u8]) -> rquickjs::Result<()> {
    SystemRandom::new()
        .fill(bytes)
        .map_err(|_| Exception::throw_message(ctx, "the system has no random bytes to give"))
}

#[cfg(test)]
mod tests {
    use rquickjs::{CatchResultExt, CaughtError, Context, Runtime};

    use super::*;

    fn check(script: &str, expected: &str) {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            ctx.globals().set("crypto", build(&ctx).unwrap()).unwrap();
            let shown = match ctx.eval::<String, _>(format!("String({script})")).catch(&ctx) {
                Ok(shown) => shown,
                Err(CaughtError::Exception(error)) => error.message().unwrap_or_default(),
                Err(other) => other.to_string(),
            };
            assert_eq!(shown, expected, "{script}");
        });
    }

    /// The digest of "abc" in the document that defines each function.
    const OF_ABC: [(&str, &str); 9] = [
        // RFC 1320, A.5
        ("md4", "a448017aaf21d8525fc10ae87aa6729d"),
        // RFC 1321, A.5
        ("md5", "900150983cd24fb0d6963f7d28e17f72"),
        // Dobbertin, Bosselaers, Preneel: RIPEMD-160, appendix B
        ("ripemd160", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        // RFC 3174, 7.3
        ("sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"),
        // FIPS 180-2, B.1, D.1 and C.1; for the shorter ones NIST's example values
        ("sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            "sha384",
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed\
             8086072ba1e7cc2358baeca134c825a7",
        ),
        (
            "sha512",
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        ),
        ("sha512_224", "4634270f707b6a54daae7530460842e20e37ed265ceee9a43e8924aa"),
        ("sha512_256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"),
    ];

    #[test]
    fn every_hash_knows_abc() {
        for (name, digest) in OF_ABC {
            check(&format!("crypto.{name}('abc', 'hex')"), digest);
            check(&format!("crypto.{name}(new Uint8Array([97, 98, 99]).buffer, 'hex')"), digest);
            let fed = format!("{{ const h = crypto.createHash('{name}'); h.update('a'); h.update('bc');");
            check(&format!("(() => {fed} return h.digest('hex'); }})()"), digest);
            check(&format!("crypto.{name}.name"), name);
        }
    }

    /// HMAC of "Hi There" under twenty bytes 0x0b, sixteen for MD5: RFC 2202, RFC 2286, RFC 4231.
    #[test]
    fn every_hmac_knows_test_case_1() {
        for (name, key, digest) in [
            ("md5", 16, "9294727a3638bb1c13f48ef8158bfc9d"),
            ("ripemd160", 20, "24cb4bd67d20fc1a5d2ed7732dcc39377f0a5668"),
            ("sha1", 20, "b617318655057264e28bc0b6fb378c8ef146be00"),
            ("sha256", 20, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
            (
                "sha384",
                20,
                "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c\
                 faea9ea9076ede7f4af152e8b2fa9cb6",
            ),
            (
                "sha512",
                20,
                "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde\
                 daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854",
            ),
        ] {
            let key = format!("new Uint8Array({key}).fill(0x0b)");
            check(&format!("crypto.hmac('{name}', {key}, 'Hi There', 'hex')"), digest);
            check(&format!("crypto.hmac('{name}', {key}.buffer, 'Hi There', 'hex')"), digest);
            let fed = format!(
                "{{ const h = crypto.createHMAC('{name}', {key}); h.update('Hi '); h.update('There');"
            );
            check(&format!("(() => {fed} return h.digest('hex'); }})()"), digest);
        }
    }

    #[test]
    fn hmac_takes_short_and_long_keys() {
        // RFC 4231, test cases 2 and 6.
        check(
            "crypto.hmac('sha256', 'Jefe', 'what do ya want for nothing?', 'hex')",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        );
        check(
            "crypto.hmac('sha256', new Uint8Array(131).fill(0xaa), \
             'Test Using Larger Than Block-Size Key - Hash Key First', 'hex')",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        );
        for algorithm in &ALGORITHMS {
            let name = algorithm.name;
            check(
                &format!("crypto.hmac('{name}', '', '', 'hex').length === crypto.{name}('', 'hex').length"),
                "true",
            );
        }
    }

    #[test]
    fn output_encodings() {
        check("crypto.md5('abc', 'base64')", "kAFQmDzST7DWlj99KOF/cg==");
        check("crypto.md5('abc', 'base64url')", "kAFQmDzST7DWlj99KOF_cg==");
        check("crypto.md5('abc', 'base64rawurl')", "kAFQmDzST7DWlj99KOF_cg");
        check("crypto.md5('abc', 'binary') instanceof ArrayBuffer", "true");
        check("crypto.hexEncode(crypto.md5('abc', 'binary'))", "900150983cd24fb0d6963f7d28e17f72");
        check("crypto.hexEncode('\\u00e9')", "c3a9");
    }

    #[test]
    fn a_digest_can_be_taken_on_the_way() {
        let script = "{ const h = crypto.createHash('md5'); h.update('abc'); const first = h.digest('hex'); \
                      return [first === h.digest('hex'), h.update('d'), \
                      h.digest('hex') === crypto.md5('abcd', 'hex')]; }";
        check(&format!("(() => {script})()"), "true,,true");
    }

    #[test]
    fn errors() {
        check("crypto.md5('abc')", "invalid output encoding: ");
        check("crypto.md5('abc', undefined)", "invalid output encoding: ");
        check("crypto.createHash('sha256').digest('HEX')", "invalid output encoding: HEX");
        check("crypto.createHash('sha3')", "invalid algorithm: sha3");
        check("crypto.createHMAC('sha3', 'key')", "invalid algorithm: sha3");
        check("crypto.hmac()", "invalid algorithm: ");
        check("crypto.hmac('md5')", "invalid type undefined, expected a string or an ArrayBuffer");
        check("crypto.md5(1, 'hex')", "invalid type int, expected a string or an ArrayBuffer");
    }

    #[test]
    fn random_bytes_have_the_size_asked_for() {
        check("crypto.randomBytes(16).byteLength", "16");
        check(
            "crypto.hexEncode(crypto.randomBytes(32)) === crypto.hexEncode(crypto.randomBytes(32))",
            "false",
        );
        for size in ["", "0", "-1", "NaN", "Infinity", "2 ** 31"] {
            check(&format!("crypto.randomBytes({size})"), "invalid size");
        }
    }

    #[test]
    fn all_exports_are_there() {
        check(&format!("{EXPORTS:?}.every((name) => typeof crypto[name] === 'function')"), "true");
        check("Object.keys(crypto).length", &EXPORTS.len().to_string());
    }
}
