//! Modules `k6/crypto` and `k6/encoding`, as scripts import them. What each function answers is tested beside it.

use crate::harness::check;

#[test]
fn hashes() {
    check(
        "import crypto, { createHash, hmac, sha256 } from 'k6/crypto';",
        &[
            (
                "console.log(sha256('abc', 'hex'), crypto.md5('abc', 'base64'));",
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad kAFQmDzST7DWlj99KOF/cg==",
            ),
            (
                "console.log(hmac('sha256', 'Jefe', 'what do ya want for nothing?', 'hex'));",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
            (
                "const h = createHash('sha1'); h.update('a'); h.update(new Uint8Array([98, 99]).buffer); console.log(h.digest('hex'));",
                "a9993e364706816aba3e25717850c26c9cd0d89d",
            ),
            (
                "const h = crypto.createHMAC('md5', 'key'); h.update('data'); console.log(h.digest('hex') === hmac('md5', 'key', 'data', 'hex'));",
                "true",
            ),
            (
                "console.log(crypto.randomBytes(8).byteLength, crypto.hexEncode('hi'), crypto.sha256('', 'binary') instanceof ArrayBuffer);",
                "8 6869 true",
            ),
            ("try { sha256('abc'); } catch (e) { console.log(e.message); }", "invalid output encoding: "),
        ],
    );
}

#[test]
fn base64() {
    check(
        "import encoding, { b64decode, b64encode } from 'k6/encoding';",
        &[
            (
                "console.log(b64encode('hi?>'), b64encode('hi?>', 'rawurl'), b64encode(new Uint8Array([255]).buffer));",
                "aGk/Pg== aGk_Pg /w==",
            ),
            (
                "console.log(b64decode('aGk/Pg==', 'std', 's'), encoding.b64decode('aGk_Pg', 'rawurl', 's'), b64decode('/w=='));",
                "hi?> hi?> ArrayBuffer { [Uint8Contents]: <ff>, byteLength: 1 }",
            ),
            (
                "try { b64decode('a?'); } catch (e) { console.log(e.message); }",
                "illegal base64 data at input byte 1",
            ),
        ],
    );
}
