//! A reference names a value of a Secret without knowing it.

use std::str::FromStr;

use crate::error::Invalid;
use crate::names::is_label;

/// A value of a Secret: `SECRET/KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretKey {
    /// The Secret.
    pub secret: String,
    /// The key in it.
    pub key: String,
}

impl FromStr for SecretKey {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong =
            || Invalid("use SECRET/KEY, the name of a Secret and a key in it, never a value".to_owned());
        let (secret, key) = text.split_once('/').ok_or_else(wrong)?;
        let is_key = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_name = !secret.is_empty() && secret.split('.').all(is_label_or_digits);
        if !is_name || key.is_empty() || key.len() > 253 || !key.bytes().all(is_key) {
            return Err(wrong());
        }
        Ok(Self { secret: secret.to_owned(), key: key.to_owned() })
    }
}

/// A variable whose value is in a Secret: `NAME=SECRET/KEY`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretEnv {
    /// The variable.
    pub name: String,
    /// Where its value is.
    pub from: SecretKey,
}

impl FromStr for SecretEnv {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        let wrong =
            || Invalid("use NAME=SECRET/KEY, a variable, the name of a Secret and a key in it".to_owned());
        let (name, from) = text.split_once('=').ok_or_else(wrong)?;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if name.is_empty() || !name.bytes().all(is_part) || name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(wrong());
        }
        Ok(Self { name: name.to_owned(), from: from.parse().map_err(|_| wrong())? })
    }
}

fn is_label_or_digits(label: &str) -> bool {
    is_label(label, 63) || is_label(&format!("a{label}"), 64) && !label.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_no_reference() {
        let parsed: SecretEnv = "API_TOKEN=shop.v2/api-token".parse().unwrap();
        assert_eq!((parsed.name.as_str(), parsed.from.secret.as_str()), ("API_TOKEN", "shop.v2"));
        for wrong in
            ["", "A", "A=", "A=b", "A=b/", "A=/c", "1A=b/c", "A=Sekret==", "A=b/c d", "A=b/c/d", "A=-b/c"]
        {
            let error = wrong.parse::<SecretEnv>().unwrap_err().to_string();
            assert!(!error.contains("Sekret"), "{error}");
        }
    }
}
