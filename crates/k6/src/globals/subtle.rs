//! `crypto.subtle`: hashes, HMAC, AES, signatures and derived keys of the Web Crypto API.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, StreamCipher};
use aes::{Aes128, Aes192, Aes256};
use base64::Engine;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::SystemRandom;
use ring::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, KeyPair as _, RsaEncoding, RsaKeyPair};
use ring::{digest, hkdf, hmac, pbkdf2};
use rquickjs::{ArrayBuffer, Ctx, Exception, Function, Object, Value};

use crate::modules::crypto;
use crate::modules::encoding;
use crate::quickjs::convert::Text;
use crate::quickjs::vm;

/// Makes the object and the class of keys from the host's functions.
const SUBTLE: &str = include_str!("subtle.js");

/// Makes `{ subtle, CryptoKey }`.
pub fn build<'js>(ctx: &Ctx<'js>) -> rquickjs::Result<Object<'js>> {
    let host = Object::new(ctx.clone())?;
    host.set("digest", Function::new(ctx.clone(), digest_of)?)?;
    host.set("hmac", Function::new(ctx.clone(), hmac_of)?)?;
    host.set("cbc", Function::new(ctx.clone(), cbc)?)?;
    host.set("ctr", Function::new(ctx.clone(), counter)?)?;
    host.set("gcm", Function::new(ctx.clone(), gcm)?)?;
    host.set("pbkdf2", Function::new(ctx.clone(), derive_pbkdf2)?)?;
    host.set("hkdf", Function::new(ctx.clone(), derive_hkdf)?)?;
    host.set("sign", Function::new(ctx.clone(), sign)?)?;
    host.set("verify", Function::new(ctx.clone(), verify)?)?;
    host.set("pair", Function::new(ctx.clone(), pair)?)?;
    host.set("inner", Function::new(ctx.clone(), inner)?)?;
    host.set("random", Function::new(ctx.clone(), random)?)?;
    host.set("encode", Function::new(ctx.clone(), |Bytes(bytes): Bytes| encoding::RAW_URL.encode(bytes))?)?;
    host.set("decode", Function::new(ctx.clone(), decode)?)?;
    ctx.eval::<Function<'js>, _>(SUBTLE)?.call((host,))
}

/// The bytes of an argument.
struct Bytes(Vec<u8>);

impl<'js> rquickjs::FromJs<'js> for Bytes {
    fn from_js(ctx: &Ctx<'js>, value: Value<'js>) -> rquickjs::Result<Self> {
        let wrong = || Exception::throw_type(ctx, "an ArrayBuffer or a view on one is expected");
        vm::binary(&value).map(Self).ok_or_else(wrong)
    }
}

type Buffer<'js> = rquickjs::Result<ArrayBuffer<'js>>;

fn failed(ctx: &Ctx<'_>, text: &str) -> rquickjs::Error {
    Exception::throw_dom(ctx, "OperationError", text)
}

fn bad_key(ctx: &Ctx<'_>, text: &str) -> rquickjs::Error {
    Exception::throw_dom(ctx, "DataError", text)
}

fn hash(name: &str) -> &'static digest::Algorithm {
    match name {
        "SHA-1" => &digest::SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-384" => &digest::SHA384,
        "SHA-512" => &digest::SHA512,
        _ => &digest::SHA256,
    }
}

fn digest_of<'js>(ctx: Ctx<'js>, name: String, Bytes(data): Bytes) -> Buffer<'js> {
    ArrayBuffer::new_copy(ctx, digest::digest(hash(&name), &data).as_ref())
}

fn mac(name: &str) -> hmac::Algorithm {
    match name {
        "SHA-1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-384" => hmac::HMAC_SHA384,
        "SHA-512" => hmac::HMAC_SHA512,
        _ => hmac::HMAC_SHA256,
    }
}

fn hmac_of<'js>(ctx: Ctx<'js>, name: String, Bytes(key): Bytes, Bytes(data): Bytes) -> Buffer<'js> {
    let key = hmac::Key::new(mac(&name), &key);
    ArrayBuffer::new_copy(ctx, hmac::sign(&key, &data).as_ref())
}

fn cbc<'js>(
    ctx: Ctx<'js>,
    encrypt: bool,
    Bytes(key): Bytes,
    Bytes(iv): Bytes,
    Bytes(data): Bytes,
) -> Buffer<'js> {
    let done = match key.len() {
        16 => cbc_with::<cbc::Encryptor<Aes128>, cbc::Decryptor<Aes128>>(encrypt, &key, &iv, &data),
        24 => cbc_with::<cbc::Encryptor<Aes192>, cbc::Decryptor<Aes192>>(encrypt, &key, &iv, &data),
        _ => cbc_with::<cbc::Encryptor<Aes256>, cbc::Decryptor<Aes256>>(encrypt, &key, &iv, &data),
    };
    let done = done.ok_or_else(|| failed(&ctx, "AES-CBC failed: the key, the iv or the data is wrong"))?;
    ArrayBuffer::new(ctx, done)
}

fn cbc_with<E: KeyIvInit + BlockModeEncrypt, D: KeyIvInit + BlockModeDecrypt>(
    encrypt: bool,
    key: &[u8],
    iv: &[u8],
    data: &[u8],
) -> Option<Vec<u8>> {
    if encrypt {
        Some(E::new_from_slices(key, iv).ok()?.encrypt_padded_vec::<Pkcs7>(data))
    } else {
        D::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<Pkcs7>(data).ok()
    }
}

/// AES in counter mode, both ways; only the last bits of the counter count, as many as `bits`.
fn counter<'js>(
    ctx: Ctx<'js>,
    Bytes(key): Bytes,
    Bytes(start): Bytes,
    bits: u32,
    Bytes(data): Bytes,
) -> Buffer<'js> {
    let start: Option<[u8; 16]> = start.try_into().ok();
    let Some(start) = start.filter(|_| (1..=128).contains(&bits)) else {
        return Err(failed(&ctx, "AES-CTR needs a counter of 16 bytes and a length of 1 to 128 bits"));
    };
    let blocks = data.len().div_ceil(16) as u128;
    let mask = if bits == 128 { u128::MAX } else { (1 << bits) - 1 };
    let first = u128::from_be_bytes(start);
    // How many blocks there are until the counter starts again from zero.
    let until = mask - (first & mask);
    if blocks > 0 && blocks - 1 > mask {
        return Err(failed(&ctx, "the data is longer than the counter can count"));
    }
    let head =
        usize::try_from(until.saturating_add(1).saturating_mul(16)).unwrap_or(usize::MAX).min(data.len());
    let mut data = data;
    let (one, other) = data.split_at_mut(head);
    let done = stream(&key, first, one).and_then(|()| stream(&key, first & !mask, other));
    done.ok_or_else(|| failed(&ctx, "AES-CTR failed: the key is wrong"))?;
    ArrayBuffer::new(ctx, data)
}

fn stream(key: &[u8], counter: u128, data: &mut [u8]) -> Option<()> {
    let iv = counter.to_be_bytes();
    match key.len() {
        16 => ctr::Ctr128BE::<Aes128>::new_from_slices(key, &iv).ok()?.apply_keystream(data),
        24 => ctr::Ctr128BE::<Aes192>::new_from_slices(key, &iv).ok()?.apply_keystream(data),
        _ => ctr::Ctr128BE::<Aes256>::new_from_slices(key, &iv).ok()?.apply_keystream(data),
    }
    Some(())
}

fn gcm<'js>(
    ctx: Ctx<'js>,
    encrypt: bool,
    Bytes(key): Bytes,
    Bytes(iv): Bytes,
    Bytes(more): Bytes,
    Bytes(mut data): Bytes,
) -> Buffer<'js> {
    let algorithm = if key.len() == 16 { &AES_128_GCM } else { &AES_256_GCM };
    let Ok(iv) = <[u8; NONCE_LEN]>::try_from(iv) else {
        return Err(Exception::throw_dom(&ctx, "NotSupportedError", "AES-GCM takes an iv of 12 bytes"));
    };
    let key = UnboundKey::new(algorithm, &key).map_err(|_| {
        Exception::throw_dom(&ctx, "NotSupportedError", "AES-GCM takes a key of 128 or 256 bits")
    })?;
    let (key, nonce, more) = (LessSafeKey::new(key), Nonce::assume_unique_for_key(iv), Aad::from(more));
    if encrypt {
        let done = key.seal_in_place_append_tag(nonce, more, &mut data);
        done.map_err(|_| failed(&ctx, "AES-GCM failed"))?;
    } else {
        let done = key.open_in_place(nonce, more, &mut data).map(|plain| plain.len());
        let length =
            done.map_err(|_| failed(&ctx, "AES-GCM failed: the data was not made with this key and iv"))?;
        data.truncate(length);
    }
    ArrayBuffer::new(ctx, data)
}

fn derive_pbkdf2<'js>(
    ctx: Ctx<'js>,
    name: String,
    Bytes(password): Bytes,
    Bytes(salt): Bytes,
    rounds: u32,
    length: usize,
) -> Buffer<'js> {
    let algorithm = match name.as_str() {
        "SHA-1" => pbkdf2::PBKDF2_HMAC_SHA1,
        "SHA-384" => pbkdf2::PBKDF2_HMAC_SHA384,
        "SHA-512" => pbkdf2::PBKDF2_HMAC_SHA512,
        _ => pbkdf2::PBKDF2_HMAC_SHA256,
    };
    let rounds = std::num::NonZeroU32::new(rounds).unwrap_or(std::num::NonZeroU32::MIN);
    let mut derived = vec![0; length];
    pbkdf2::derive(algorithm, rounds, &salt, &password, &mut derived);
    ArrayBuffer::new(ctx, derived)
}

/// How long a derived key is.
struct Length(usize);

impl hkdf::KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derive_hkdf<'js>(
    ctx: Ctx<'js>,
    name: String,
    Bytes(secret): Bytes,
    Bytes(salt): Bytes,
    Bytes(info): Bytes,
    length: usize,
) -> Buffer<'js> {
    let algorithm = match name.as_str() {
        "SHA-1" => hkdf::HKDF_SHA1_FOR_LEGACY_USE_ONLY,
        "SHA-384" => hkdf::HKDF_SHA384,
        "SHA-512" => hkdf::HKDF_SHA512,
        _ => hkdf::HKDF_SHA256,
    };
    let mut derived = vec![0; length];
    let key = hkdf::Salt::new(algorithm, &salt).extract(&secret);
    let info = [&info[..]];
    let done = key.expand(&info, Length(length)).and_then(|okm| okm.fill(&mut derived));
    done.map_err(|_| failed(&ctx, "HKDF cannot derive so many bits"))?;
    ArrayBuffer::new(ctx, derived)
}

fn curve(
    name: &str,
) -> Option<(&'static EcdsaSigningAlgorithm, &'static signature::EcdsaVerificationAlgorithm)> {
    match name {
        "P-256 SHA-256" => {
            Some((&signature::ECDSA_P256_SHA256_FIXED_SIGNING, &signature::ECDSA_P256_SHA256_FIXED))
        }
        "P-384 SHA-384" => {
            Some((&signature::ECDSA_P384_SHA384_FIXED_SIGNING, &signature::ECDSA_P384_SHA384_FIXED))
        }
        _ => None,
    }
}

fn rsa(name: &str) -> Option<(&'static dyn RsaEncoding, &'static signature::RsaParameters)> {
    Some(match name {
        "RSASSA-PKCS1-V1_5 SHA-256" => (&signature::RSA_PKCS1_SHA256, &signature::RSA_PKCS1_2048_8192_SHA256),
        "RSASSA-PKCS1-V1_5 SHA-384" => (&signature::RSA_PKCS1_SHA384, &signature::RSA_PKCS1_2048_8192_SHA384),
        "RSASSA-PKCS1-V1_5 SHA-512" => (&signature::RSA_PKCS1_SHA512, &signature::RSA_PKCS1_2048_8192_SHA512),
        "RSA-PSS SHA-256" => (&signature::RSA_PSS_SHA256, &signature::RSA_PSS_2048_8192_SHA256),
        "RSA-PSS SHA-384" => (&signature::RSA_PSS_SHA384, &signature::RSA_PSS_2048_8192_SHA384),
        "RSA-PSS SHA-512" => (&signature::RSA_PSS_SHA512, &signature::RSA_PSS_2048_8192_SHA512),
        _ => return None,
    })
}

fn unknown(ctx: &Ctx<'_>, algorithm: &str) -> rquickjs::Error {
    Exception::throw_dom(ctx, "NotSupportedError", &format!("signatures with {algorithm} are not supported"))
}

fn sign<'js>(ctx: Ctx<'js>, algorithm: String, Bytes(key): Bytes, Bytes(data): Bytes) -> Buffer<'js> {
    let random = SystemRandom::new();
    let signed = if let Some(curve_and_hash) = algorithm.strip_prefix("ECDSA ") {
        let (how, _) = curve(curve_and_hash).ok_or_else(|| unknown(&ctx, &algorithm))?;
        let pair = EcdsaKeyPair::from_pkcs8(how, &key, &random)
            .map_err(|error| bad_key(&ctx, &format!("the private key cannot be used: {error}")))?;
        pair.sign(&random, &data).map(|signature| signature.as_ref().to_vec())
    } else {
        let (how, _) = rsa(&algorithm).ok_or_else(|| unknown(&ctx, &algorithm))?;
        let pair = RsaKeyPair::from_pkcs8(&key)
            .map_err(|error| bad_key(&ctx, &format!("the private key cannot be used: {error}")))?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(how, &random, &data, &mut signature).map(|()| signature)
    };
    ArrayBuffer::new(ctx.clone(), signed.map_err(|_| failed(&ctx, "the data could not be signed"))?)
}

fn verify(
    ctx: Ctx<'_>,
    algorithm: String,
    Bytes(key): Bytes,
    Bytes(signature): Bytes,
    Bytes(data): Bytes,
) -> rquickjs::Result<bool> {
    let how: &dyn signature::VerificationAlgorithm = match algorithm.strip_prefix("ECDSA ") {
        Some(curve_and_hash) => curve(curve_and_hash).ok_or_else(|| unknown(&ctx, &algorithm))?.1,
        None => rsa(&algorithm).ok_or_else(|| unknown(&ctx, &algorithm))?.1,
    };
    Ok(signature::UnparsedPublicKey::new(how, key).verify(&data, &signature).is_ok())
}

/// A new private key as PKCS #8, and its public point.
fn pair<'js>(ctx: Ctx<'js>, name: String) -> rquickjs::Result<Vec<ArrayBuffer<'js>>> {
    let how = match name.as_str() {
        "P-384" => &signature::ECDSA_P384_SHA384_FIXED_SIGNING,
        _ => &signature::ECDSA_P256_SHA256_FIXED_SIGNING,
    };
    let random = SystemRandom::new();
    let wrong = |_| failed(&ctx, "the key could not be made");
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(how, &random).map_err(wrong)?;
    let pair = EcdsaKeyPair::from_pkcs8(how, pkcs8.as_ref(), &random)
        .map_err(|_| failed(&ctx, "the key could not be made"))?;
    Ok(vec![
        ArrayBuffer::new_copy(ctx.clone(), pkcs8.as_ref())?,
        ArrayBuffer::new_copy(ctx.clone(), pair.public_key().as_ref())?,
    ])
}

/// The public key inside a SubjectPublicKeyInfo (RFC 5280): the bits of its bit string.
fn inner<'js>(ctx: Ctx<'js>, Bytes(info): Bytes) -> Buffer<'js> {
    let key = || {
        let (_, whole, _) = element(&info, 0x30)?;
        let (_, _, rest) = element(whole, 0x30)?;
        let (_, bits, _) = element(rest, 0x03)?;
        // The first byte counts unused bits, of which a key has none.
        bits.strip_prefix(&[0]).map(<[u8]>::to_vec)
    };
    let key = key().ok_or_else(|| bad_key(&ctx, "the key is no SubjectPublicKeyInfo"))?;
    ArrayBuffer::new(ctx, key)
}

/// The first element of some DER, if it has this tag: its tag, its content, and what follows.
fn element(der: &[u8], tag: u8) -> Option<(u8, &[u8], &[u8])> {
    let (&found, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let count = usize::from(first & 0x7f);
        let (bytes, rest) = rest.split_at_checked(count).filter(|_| (1..=4).contains(&count))?;
        (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
    };
    let (content, after) = rest.split_at_checked(length)?;
    (found == tag).then_some((found, content, after))
}

fn random(ctx: Ctx<'_>, length: f64) -> Buffer<'_> {
    if !(1.0..=8192.0).contains(&length) || length.fract() != 0.0 {
        return Err(failed(&ctx, "the length of a key is a multiple of 8 bits"));
    }
    let mut bytes = vec![0; length as usize];
    crypto::fill_random(&ctx, &mut bytes)?;
    ArrayBuffer::new(ctx, bytes)
}

fn decode<'js>(ctx: Ctx<'js>, Text(text): Text) -> Buffer<'js> {
    let bytes = encoding::RAW_URL.decode(text.trim_end_matches('='));
    ArrayBuffer::new(ctx.clone(), bytes.map_err(|_| bad_key(&ctx, "the key is no base64url text"))?)
}

#[cfg(test)]
mod tests {
    use rquickjs::promise::PromiseState;
    use rquickjs::{CatchResultExt, Context, Promise, Runtime};

    use super::*;

    const HEAD: &str = "
        const hex = (data) => [...new Uint8Array(data)].map((b) => b.toString(16).padStart(2, '0')).join('');
        const bytes = (text) => new Uint8Array(text.match(/../g)?.map((b) => parseInt(b, 16)) ?? []);
        const utf8 = (text) => new Uint8Array([...text].map((c) => c.charCodeAt(0)));
        const key = (name, raw, ...usages) => subtle.importKey('raw', raw, name, true, usages);";

    fn check(script: &str, expected: &str) {
        let context = Context::full(&Runtime::new().unwrap()).unwrap();
        context.with(|ctx| {
            let made = build(&ctx).unwrap();
            ctx.globals().set("subtle", made.get::<_, Value<'_>>("subtle").unwrap()).unwrap();
            let text = format!("(async () => {{ {HEAD}\n{script} }})()");
            let promise: Promise<'_> = ctx.eval(text).catch(&ctx).unwrap_or_else(|e| panic!("{script}: {e}"));
            while promise.state() == PromiseState::Pending && ctx.execute_pending_job() {}
            let shown = match promise.result::<rquickjs::Coerced<String>>() {
                Some(Ok(text)) => text.0,
                Some(Err(error)) => match Err::<(), _>(error).catch(&ctx) {
                    Err(rquickjs::CaughtError::Exception(e)) => {
                        let name: String = e.as_object().get("name").unwrap();
                        format!("{name}: {}", e.message().unwrap_or_default())
                    }
                    Err(rquickjs::CaughtError::Value(value)) => {
                        let part = |name| value.as_object().unwrap().get::<_, String>(name).unwrap();
                        format!("{}: {}", part("name"), part("message"))
                    }
                    other => format!("{other:?}"),
                },
                None => "pending".to_owned(),
            };
            assert_eq!(shown, expected, "{script}");
        });
    }

    #[test]
    fn hashes_and_hmac() {
        check(
            "return hex(await subtle.digest('sha-256', utf8('abc')));",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        );
        check(
            "return hex(await subtle.digest({ name: 'SHA-1' }, utf8('abc').buffer));",
            "a9993e364706816aba3e25717850c26c9cd0d89d",
        );
        // RFC 4231, test case 2.
        check(
            "const k = await key({ name: 'HMAC', hash: 'SHA-256' }, utf8('Jefe'), 'sign', 'verify');
             const data = utf8('what do ya want for nothing?'), mac = await subtle.sign('HMAC', k, data);
             return [hex(mac), await subtle.verify('HMAC', k, mac, data), await subtle.verify('HMAC', k, mac, utf8('x')), k.algorithm.length];",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843,true,false,32",
        );
    }

    #[test]
    fn aes_in_three_modes() {
        // NIST SP 800-38A: F.2.1 (its first block) and F.5.1.
        let k = "bytes('2b7e151628aed2a6abf7158809cf4f3c')";
        check(
            &format!(
                "const k = await key('AES-CBC', {k}, 'encrypt', 'decrypt'), iv = bytes('000102030405060708090a0b0c0d0e0f');
                 const c = await subtle.encrypt({{ name: 'AES-CBC', iv }}, k, bytes('6bc1bee22e409f96e93d7e117393172a'));
                 return [hex(c).slice(0, 32), c.byteLength, hex(await subtle.decrypt({{ name: 'AES-CBC', iv }}, k, c))];"
            ),
            "7649abac8119b246cee98e9b12e9197d,32,6bc1bee22e409f96e93d7e117393172a",
        );
        check(
            &format!(
                "const k = await key('AES-CTR', {k}, 'encrypt'), counter = bytes('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff');
                 return hex(await subtle.encrypt({{ name: 'AES-CTR', counter, length: 128 }}, k,
                   bytes('6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51')));"
            ),
            "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff",
        );
        // A counter of 8 bits starts again without touching the rest: the second block is that of counter ..00.
        check(
            &format!(
                "const k = await key('AES-CTR', {k}, 'encrypt'), zero = new Uint8Array(16);
                 const at = (counter, data) => subtle.encrypt({{ name: 'AES-CTR', counter: bytes(counter), length: 8 }}, k, data);
                 const two = hex(await at('f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff', new Uint8Array(32)));
                 return two.slice(32) === hex(await at('f0f1f2f3f4f5f6f7f8f9fafbfcfdfe00', zero));"
            ),
            "true",
        );
        // The GCM specification, test case 4.
        check(
            "const k = await key('AES-GCM', bytes('feffe9928665731c6d6a8f9467308308'), 'encrypt', 'decrypt');
             const how = { name: 'AES-GCM', iv: bytes('cafebabefacedbaddecaf888'), additionalData: bytes('feedfacedeadbeeffeedfacedeadbeefabaddad2') };
             const c = await subtle.encrypt(how, k, bytes('d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39'));
             return [hex(c).slice(-32), (await subtle.decrypt(how, k, c)).byteLength];",
            "5bc94fbc3221a5db94fae95ae7121a47,60",
        );
        check(
            "const k = await key('AES-GCM', new Uint8Array(16), 'decrypt');
             return await subtle.decrypt({ name: 'AES-GCM', iv: new Uint8Array(12) }, k, new Uint8Array(20));",
            "OperationError: AES-GCM failed: the data was not made with this key and iv",
        );
    }

    #[test]
    fn keys_are_derived() {
        // RFC 6070, test case 2, and RFC 5869, test case 1.
        check(
            "const k = await key('PBKDF2', utf8('password'), 'deriveBits', 'deriveKey');
             const how = { name: 'PBKDF2', hash: 'SHA-1', salt: utf8('salt'), iterations: 2 };
             const derived = await subtle.deriveKey(how, k, { name: 'AES-CBC', length: 128 }, true, ['encrypt']);
             return [hex(await subtle.deriveBits(how, k, 160)), hex(await subtle.exportKey('raw', derived))];",
            "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957,ea6c014dc72d6f8ccd1ed92ace1d41f0",
        );
        check(
            "const k = await key('HKDF', bytes('0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b'), 'deriveBits');
             return hex(await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: bytes('000102030405060708090a0b0c'), info: bytes('f0f1f2f3f4f5f6f7f8f9') }, k, 336));",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        );
    }

    #[test]
    fn keys_come_and_go() {
        check(
            "const k = await subtle.generateKey({ name: 'AES-GCM', length: 256 }, true, ['encrypt', 'decrypt']);
             const jwk = await subtle.exportKey('jwk', k), again = await subtle.importKey('jwk', jwk, 'AES-GCM', true, ['encrypt']);
             return [jwk.kty, jwk.alg, hex(await subtle.exportKey('raw', k)) === hex(await subtle.exportKey('raw', again)), k.type, k.usages, Object.prototype.toString.call(k)];",
            "oct,A256GCM,true,secret,encrypt,decrypt,[object CryptoKey]",
        );
        check(
            "const { privateKey, publicKey } = await subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
             const how = { name: 'ECDSA', hash: 'SHA-256' }, signature = await subtle.sign(how, privateKey, utf8('x'));
             const pkcs8 = await subtle.importKey('pkcs8', await subtle.exportKey('pkcs8', privateKey), { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
             const other = await subtle.sign(how, pkcs8, utf8('x'));
             return [signature.byteLength, await subtle.verify(how, publicKey, signature, utf8('x')), await subtle.verify(how, publicKey, other, utf8('x')), await subtle.verify(how, publicKey, signature, utf8('y'))];",
            "64,true,true,false",
        );
        check(
            "const w = await subtle.generateKey({ name: 'AES-CBC', length: 128 }, true, ['wrapKey', 'unwrapKey']);
             const k = await subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, true, ['sign']), how = { name: 'AES-CBC', iv: new Uint8Array(16) };
             const back = await subtle.unwrapKey('raw', await subtle.wrapKey('raw', k, w, how), w, how, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']);
             return hex(await subtle.exportKey('raw', k)) === hex(await subtle.exportKey('raw', back));",
            "true",
        );
    }

    #[test]
    fn what_cannot_be_is_said() {
        for (script, expected) in [
            (
                "return await subtle.digest('MD5', utf8('x'));",
                "NotSupportedError: unknown hash 'MD5': there are SHA-1, SHA-256, SHA-384, SHA-512",
            ),
            (
                "return await subtle.generateKey({ name: 'RSA-OAEP' }, true, ['encrypt']);",
                "NotSupportedError: the algorithm 'RSA-OAEP' is not supported",
            ),
            (
                "return await key('AES-CBC', new Uint8Array(5), 'encrypt');",
                "DataError: an AES key has 128, 192 or 256 bits, not 40",
            ),
            (
                "return await key('AES-CBC', new Uint8Array(16), 'sign');",
                "SyntaxError: a key of AES-CBC cannot be used to sign",
            ),
            (
                "const k = await subtle.importKey('raw', new Uint8Array(16), 'AES-CBC', false, ['encrypt']); return await subtle.exportKey('raw', k);",
                "InvalidAccessError: the key is not extractable",
            ),
            (
                "return await subtle.digest('SHA-1', 'text');",
                "TypeError: the data must be an ArrayBuffer or a view on one",
            ),
            (
                "return await subtle.importKey('spki', new Uint8Array(9), { name: 'RSA-PSS', hash: 'SHA-256' }, true, ['verify']);",
                "DataError: the key is no SubjectPublicKeyInfo",
            ),
        ] {
            check(script, expected);
        }
    }
}
