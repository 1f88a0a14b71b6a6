//! A token proves who sends a request: a JSON web token, signed by the shop with HS256.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::hmac;
use serde::Deserialize;
use serde_json::{Value, json};
use thiserror::Error;

/// How long a token from `POST /login` is good for.
const LOGIN_SECONDS: u64 = 24 * 60 * 60;

/// Signs a token for `subject` which never expires, so that it is the same on every call.
#[must_use]
pub fn issue_token(secret: &str, subject: &str) -> String {
    TokenKey::new(secret).sign(&json!({ "sub": subject }))
}

/// Signs a token for `subject` which is good until `expires`, in seconds since 1970.
#[must_use]
pub fn issue_token_until(secret: &str, subject: &str, expires: u64) -> String {
    TokenKey::new(secret).sign(&json!({ "sub": subject, "exp": expires }))
}

/// What tokens are signed and checked with.
#[derive(Debug)]
pub(crate) struct TokenKey(hmac::Key);

/// Why a request proves nothing about its sender.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub(crate) enum TokenError {
    #[error("no token: send the header `Authorization: Bearer <token>`")]
    Missing,
    #[error("the token is not a JSON web token")]
    Malformed,
    #[error("the token was not signed by this shop (HS256)")]
    Signature,
    #[error("the token has expired")]
    Expired,
    #[error("the token has no subject (`sub`)")]
    NoSubject,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    sub: Value,
    exp: Option<f64>,
}

impl TokenKey {
    pub(crate) fn new(secret: &str) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()))
    }

    /// Signs a token for a login that happens now.
    pub(crate) fn log_in(&self, subject: &str) -> String {
        let now = unix_now();
        self.sign(&json!({ "sub": subject, "iat": now, "exp": now + LOGIN_SECONDS }))
    }

    /// Tells who sends a request with this `Authorization` header.
    pub(crate) fn subject(&self, authorization: Option<&str>) -> Result<String, TokenError> {
        let (scheme, token) =
            authorization.and_then(|header| header.trim().split_once(' ')).ok_or(TokenError::Missing)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(TokenError::Missing);
        }
        self.verify(token.trim(), unix_now())
    }

    fn verify(&self, token: &str, now: u64) -> Result<String, TokenError> {
        let (signed, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(TokenError::Malformed)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| TokenError::Malformed)?;
        hmac::verify(&self.0, signed.as_bytes(), &signature).map_err(|_| TokenError::Signature)?;
        if decode::<Header>(header)?.alg != "HS256" {
            return Err(TokenError::Signature);
        }
        let claims: Claims = decode(claims)?;
        if claims.exp.is_some_and(|expires| expires <= now as f64) {
            return Err(TokenError::Expired);
        }
        match claims.sub {
            Value::String(subject) => Ok(subject),
            Value::Number(subject) => Ok(subject.to_string()),
            _ => Err(TokenError::NoSubject),
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256","typ":"JWT"}"#);
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims.to_string()));
        let signature = URL_SAFE_NO_PAD.encode(hmac::sign(&self.0, signed.as_bytes()));
        format!("{signed}.{signature}")
    }
}

/// Reads one of the JSON parts of a token.
fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Result<T, TokenError> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenError::Malformed)?;
    serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)
}

/// The wall clock, in seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a token's expiry is a date by definition; tests pass `now`")]
fn unix_now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verify(token: &str, now: u64) -> Result<String, TokenError> {
        TokenKey::new("s3cret").verify(token, now)
    }

    #[test]
    fn a_token_signed_elsewhere_is_accepted() {
        // Signed by another implementation (Python's hmac module), with the secret `s3cret`.
        let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOjQyfQ.pYAen8GvRdkIKa3ofjFrhqY1vjLr1iN2FumQ9RnqIXw";
        assert_eq!(verify(token, 0), Ok("42".to_owned()));
    }

    #[test]
    fn an_issued_token_is_the_same_every_time() {
        let token = issue_token("s3cret", "user_1");
        assert_eq!(token, issue_token("s3cret", "user_1"));
        assert_eq!(verify(&token, u64::MAX), Ok("user_1".to_owned()));
    }

    #[test]
    fn a_token_expires() {
        let token = issue_token_until("s3cret", "user_1", 1000);
        assert_eq!(verify(&token, 999), Ok("user_1".to_owned()));
        assert_eq!(verify(&token, 1000), Err(TokenError::Expired));
    }

    #[test]
    fn what_is_no_good_token() {
        let key = TokenKey::new("s3cret");
        let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJtZSJ9.";
        let table = [
            ("", TokenError::Malformed),
            ("a.b", TokenError::Malformed),
            ("a.b.!", TokenError::Malformed),
            (&issue_token("other", "user_1"), TokenError::Signature),
            (none, TokenError::Signature),
            (&key.sign(&json!({})), TokenError::NoSubject),
            (&key.sign(&json!([])), TokenError::Malformed),
        ];
        for (token, error) in table {
            assert_eq!(verify(token, 0), Err(error), "{token}");
        }
        assert_eq!(key.subject(None), Err(TokenError::Missing));
        assert_eq!(key.subject(Some("Basic dXNlcjpwdw==")), Err(TokenError::Missing));
        assert!(key.subject(Some(&format!("bearer {}", key.log_in("user_1")))).is_ok());
    }
}
