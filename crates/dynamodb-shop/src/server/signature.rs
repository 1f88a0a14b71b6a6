//! A signature proves who sent a request: AWS's Signature Version 4, recomputed from the request as it arrived.

use http::HeaderMap;
use http::request::Parts;
use ring::{digest, hmac};

use super::authorization::{ALGORITHM, Authorization, TERMINATOR};

/// Whether a signature is the one that this secret gives for this request.
pub(super) fn is_genuine(
    authorization: &Authorization<'_>,
    secret: &str,
    date: &str,
    head: &Parts,
    body: &[u8],
) -> bool {
    let request = canonical_request(head, authorization.signed_headers, body);
    let text = string_to_sign(authorization, date, &request);
    let key = signing_key(secret, authorization.date, authorization.region, authorization.service);
    bytes(authorization.signature).is_some_and(|given| hmac::verify(&key, text.as_bytes(), &given).is_ok())
}

/// The request in the canonical form that both sides sign.
fn canonical_request(head: &Parts, signed_headers: &str, body: &[u8]) -> String {
    let mut text = format!("{}\n{}\n{}\n", head.method, head.uri.path(), canonical_query(head.uri.query()));
    for name in signed_headers.split(';') {
        text.push_str(name);
        text.push(':');
        push_values(&mut text, &head.headers, name);
        text.push('\n');
    }
    text.push('\n');
    text.push_str(signed_headers);
    text.push('\n');
    push_hash(&mut text, body);
    text
}

/// Parameters in order; a parameter without a value has an empty one.
fn canonical_query(query: Option<&str>) -> String {
    let parameters = query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty());
    let mut parameters: Vec<_> =
        parameters.map(|parameter| parameter.split_once('=').unwrap_or((parameter, ""))).collect();
    parameters.sort_unstable();
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
    parameters.join("&")
}

/// The values of a header separated by commas, with runs of spaces collapsed.
fn push_values(text: &mut String, headers: &HeaderMap, name: &str) {
    for (at, value) in headers.get_all(name).iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        let value = String::from_utf8_lossy(value.as_bytes());
        for (at, word) in value.split_ascii_whitespace().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

fn string_to_sign(authorization: &Authorization<'_>, date: &str, canonical_request: &str) -> String {
    let Authorization { date: day, region, service, .. } = authorization;
    let mut text = format!("{ALGORITHM}\n{date}\n{day}/{region}/{service}/{TERMINATOR}\n");
    push_hash(&mut text, canonical_request.as_bytes());
    text
}

/// The key for one day, region and service, so that the secret itself need not be known to those who only verify.
fn signing_key(secret: &str, day: &str, region: &str, service: &str) -> hmac::Key {
    let first = hmac::Key::new(hmac::HMAC_SHA256, format!("AWS4{secret}").as_bytes());
    [day, region, service, TERMINATOR].iter().fold(first, |key, part| {
        hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
    })
}

fn push_hash(text: &mut String, of: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in digest::digest(&digest::SHA256, of).as_ref() {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
}

/// The bytes that a text of lower-case hexadecimal digits stands for.
fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else { return None };
    pairs.iter().map(|&[high, low]| Some(digit(high)? << 4 | digit(low)?)).collect()
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const DATE: &str = "20150830T123600Z";

    fn list_users() -> Parts {
        let request = Request::get("https://iam.amazonaws.com/?Version=2010-05-08&Action=ListUsers")
            .header("content-type", "application/x-www-form-urlencoded;   charset=utf-8 ")
            .header("host", "iam.amazonaws.com")
            .header("x-amz-date", DATE);
        request.body(()).unwrap().into_parts().0
    }

    fn authorization<'a>(service: &'a str, signed_headers: &'a str, signature: &'a str) -> Authorization<'a> {
        let access_key = "AKIDEXAMPLE";
        let (date, region) = ("20150830", "us-east-1");
        Authorization { access_key, date, region, service, signed_headers, signature }
    }

    fn hash(of: &str) -> String {
        let mut text = String::new();
        push_hash(&mut text, of.as_bytes());
        text
    }

    /// The request that AWS's guide to signing takes step by step, with the figures of each step.
    #[test]
    fn the_guides_example_comes_out() {
        let head = list_users();
        let request = canonical_request(&head, "content-type;host;x-amz-date", b"");
        assert_eq!(
            hash(&request),
            "f536975d06c0309214f805bb90ccff089219ecd68b2577efef23edd43b7e1a59",
            "{request}"
        );
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let authorization = authorization("iam", "content-type;host;x-amz-date", signature);
        assert!(is_genuine(&authorization, SECRET, DATE, &head, b""));
    }

    /// `get-vanilla` and `post-vanilla` of AWS's test suite for signers.
    #[test]
    fn the_test_suites_requests_come_out() {
        for (method, signature) in [
            ("GET", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"),
            ("POST", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"),
        ] {
            let request = Request::builder().method(method).uri("/");
            let request = request.header("host", "example.amazonaws.com").header("x-amz-date", DATE);
            let head = request.body(()).unwrap().into_parts().0;
            let authorization = authorization("service", "host;x-amz-date", signature);
            assert!(is_genuine(&authorization, SECRET, DATE, &head, b""), "{method}");
        }
    }

    #[test]
    fn whatever_is_changed_breaks_it() {
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        let right = authorization("iam", "content-type;host;x-amz-date", signature);
        let verify =
            |authorization: &Authorization<'_>, secret: &str, date: &str, head: &Parts, body: &[u8]| {
                is_genuine(authorization, secret, date, head, body)
            };
        let head = list_users();
        assert!(!verify(&right, "another", DATE, &head, b""));
        assert!(!verify(&right, SECRET, "20150830T123601Z", &head, b""));
        assert!(!verify(&right, SECRET, DATE, &head, b"{}"));
        for (name, value) in [("host", "other.amazonaws.com"), ("content-type", "text/plain")] {
            let mut head = list_users();
            head.headers.insert(name, value.parse().unwrap());
            assert!(!verify(&right, SECRET, DATE, &head, b""), "{name}");
        }
        let mut other = list_users();
        other.uri = "/?Action=ListUsers&Version=2010-05-09".parse().unwrap();
        assert!(!verify(&right, SECRET, DATE, &other, b""));
        for (what, wrong) in [
            ("day", Authorization { date: "20150831", ..right }),
            ("region", Authorization { region: "us-east-2", ..right }),
            ("service", Authorization { service: "sts", ..right }),
            ("headers", Authorization { signed_headers: "host;x-amz-date", ..right }),
            ("half", Authorization { signature: &signature[..32], ..right }),
            ("odd", Authorization { signature: &signature[1..], ..right }),
            ("none", Authorization { signature: "", ..right }),
            ("letters", Authorization { signature: "signature", ..right }),
        ] {
            assert!(!verify(&wrong, SECRET, DATE, &head, b""), "{what}");
        }
    }
}
