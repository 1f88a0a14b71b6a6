//! Digest authentication answers a server's challenge without sending the password.

use std::{
    collections::HashMap,
    fmt::Write as _,
    hash::{BuildHasher, RandomState},
};

use http::{HeaderMap, HeaderValue, header};
use md5::Digest as _;

/// What a server asks to be proven, out of `WWW-Authenticate: Digest ...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    session: bool,
    /// The algorithm's name as the server writes it, if it does.
    named: Option<String>,
    qop: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Md5,
    Sha256,
}

impl Challenge {
    /// The first digest challenge of a response that this client can answer.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        headers.get_all(header::WWW_AUTHENTICATE).iter().find_map(|value| Self::parse(value.to_str().ok()?))
    }

    fn parse(text: &str) -> Option<Self> {
        let (scheme, rest) = text.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let mut fields = fields(rest);
        let named = fields.remove("algorithm");
        let (algorithm, session) = match named.as_deref().unwrap_or("MD5").to_ascii_uppercase().as_str() {
            "MD5" => (Algorithm::Md5, false),
            "MD5-SESS" => (Algorithm::Md5, true),
            "SHA-256" => (Algorithm::Sha256, false),
            "SHA-256-SESS" => (Algorithm::Sha256, true),
            _ => return None,
        };
        let qop = match fields.remove("qop") {
            None => false,
            Some(list) if list.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")) => true,
            Some(_) => return None,
        };
        Some(Self {
            realm: fields.remove("realm")?,
            nonce: fields.remove("nonce")?,
            opaque: fields.remove("opaque"),
            algorithm,
            session,
            named,
            qop,
        })
    }

    /// The `Authorization` that proves knowledge of the password for one request.
    pub(crate) fn answer(
        &self,
        method: &str,
        uri: &str,
        (user, password): (&str, &str),
        cnonce: &str,
    ) -> Option<HeaderValue> {
        let hash = |text: String| self.algorithm.hash(&text);
        let mut secret = hash(format!("{user}:{}:{password}", self.realm));
        if self.session {
            secret = hash(format!("{secret}:{}:{cnonce}", self.nonce));
        }
        let what = hash(format!("{method}:{uri}"));
        let response = match self.qop {
            true => hash(format!("{secret}:{}:00000001:{cnonce}:auth:{what}", self.nonce)),
            false => hash(format!("{secret}:{}:{what}", self.nonce)),
        };
        let mut text = format!(
            "Digest username=\"{}\", realm=\"{}\", nonce=\"{}\", uri=\"{uri}\", response=\"{response}\"",
            escape(user),
            escape(&self.realm),
            escape(&self.nonce),
        );
        if let Some(named) = &self.named {
            let _ = write!(text, ", algorithm={named}");
        }
        if let Some(opaque) = &self.opaque {
            let _ = write!(text, ", opaque=\"{}\"", escape(opaque));
        }
        if self.qop {
            let _ = write!(text, ", qop=auth, nc=00000001");
        }
        if self.qop || self.session {
            let _ = write!(text, ", cnonce=\"{cnonce}\"");
        }
        HeaderValue::from_str(&text).ok()
    }
}

/// A nonce of the client's own.
pub(crate) fn cnonce() -> String {
    format!("{:016x}", RandomState::new().hash_one("cnonce"))
}

impl Algorithm {
    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&md5::Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&sha2::Sha256::digest(text.as_bytes())),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"")
}

/// Splits `a=b, c="d, e"` into its fields, names in lower case.
fn fields(text: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    let mut rest = text;
    while let Some((name, after)) = rest.split_once('=') {
        let name = name.trim_matches([' ', ',', '\t']).to_ascii_lowercase();
        let after = after.trim_start();
        let (value, next) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted),
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        found.entry(name).or_insert(value);
        rest = next;
    }
    found
}

/// The text up to the closing quote, and what follows it.
fn unquote(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return (value, &text[at + 1..]),
            _ => {
                escaped = false;
                value.push(c);
            }
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(challenge: &str, method: &str, uri: &str, user: (&str, &str), cnonce: &str, response: &str) {
        let challenge = Challenge::parse(challenge).unwrap();
        let answer = challenge.answer(method, uri, user, cnonce).unwrap();
        let answer = answer.to_str().unwrap();
        assert!(answer.contains(&format!("response=\"{response}\"")), "{answer}");
    }

    /// The examples of RFC 2617 and RFC 7616.
    #[test]
    fn the_standards_examples() {
        let challenge = r#"Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
        let user = ("Mufasa", "Circle Of Life");
        check(challenge, "GET", "/dir/index.html", user, "0a4f113b", "6629fae49393a05397450978507c4ef1");
        let challenge = r#"Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS""#;
        let user = ("Mufasa", "Circle of Life");
        let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
        let response = "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1";
        check(challenge, "GET", "/dir/index.html", user, cnonce, response);
    }

    #[test]
    fn challenges_it_cannot_answer_are_none() {
        for text in [
            "Basic realm=\"x\"",
            "Digest realm=\"x\"",
            "Digest realm=\"x\", nonce=\"y\", qop=\"auth-int\"",
            "Digest realm=\"x\", nonce=\"y\", algorithm=SHA-512-256",
            "Digest",
            "",
        ] {
            assert_eq!(Challenge::parse(text), None, "{text}");
        }
    }
}
