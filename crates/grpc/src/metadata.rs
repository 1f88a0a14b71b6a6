//! Metadata are the headers and trailers of a call that are its users' own.

use base64::Engine as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use thiserror::Error;

use crate::status::BASE64;

/// Why metadata cannot be sent.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MetadataError {
    /// The name is none of a header.
    #[error("metadata key {0:?} cannot be sent: write letters, digits, '-', '_' and '.'")]
    Name(String),
    /// The name is one that gRPC uses itself.
    #[error("metadata key {0:?} is reserved for gRPC itself")]
    Reserved(String),
    /// The value is no text that headers can have.
    #[error(
        "metadata value of {0:?} cannot be sent: it may have printable ASCII characters only (a key that ends with '-bin' takes an ArrayBuffer)"
    )]
    Value(String),
    /// The value of a name for bytes is a text.
    #[error("metadata value for {0:?} must be binary: give an ArrayBuffer")]
    NotBinary(String),
    /// The value of a name for texts is bytes.
    #[error("metadata value for {0:?} is binary: such a key ends with '-bin'")]
    Binary(String),
}

/// What a name of metadata stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MetadataValue {
    /// A text.
    Text(String),
    /// Bytes, of a name that ends with `-bin`.
    Bytes(Vec<u8>),
}

/// Metadata that is sent, or that has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata(HeaderMap);

impl Metadata {
    /// Adds a value.
    pub fn add(&mut self, name: &str, value: MetadataValue) -> Result<(), MetadataError> {
        let owned = || name.to_owned();
        let header = HeaderName::from_bytes(name.to_ascii_lowercase().as_bytes());
        let header = header.map_err(|_| MetadataError::Name(owned()))?;
        if is_grpcs(header.as_str()) {
            return Err(MetadataError::Reserved(owned()));
        }
        let value = match (header.as_str().ends_with("-bin"), value) {
            (false, MetadataValue::Text(text)) => HeaderValue::from_str(&text).ok(),
            (true, MetadataValue::Bytes(bytes)) => HeaderValue::from_str(&BASE64.encode(bytes)).ok(),
            (true, MetadataValue::Text(_)) => return Err(MetadataError::NotBinary(owned())),
            (false, MetadataValue::Bytes(_)) => return Err(MetadataError::Binary(owned())),
        };
        self.0.append(header, value.ok_or_else(|| MetadataError::Value(owned()))?);
        Ok(())
    }

    /// What has come: all but what tells the outcome.
    pub(crate) fn received(headers: &HeaderMap) -> Self {
        let mut own = headers.clone();
        for name in ["grpc-status", "grpc-message", "grpc-status-details-bin"] {
            own.remove(name);
        }
        Self(own)
    }

    pub(crate) fn headers(&self) -> &HeaderMap {
        &self.0
    }

    /// The names, each once, with their values; bytes as they are.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Vec<MetadataValue>)> {
        self.0.keys().map(|name| {
            let values = self.0.get_all(name).iter().flat_map(|value| decoded(name.as_str(), value));
            (name.as_str(), values.collect())
        })
    }
}

/// The values of a header: those of bytes may be several in one.
fn decoded(name: &str, value: &HeaderValue) -> Vec<MetadataValue> {
    let text = String::from_utf8_lossy(value.as_bytes());
    if !name.ends_with("-bin") {
        return vec![MetadataValue::Text(text.into_owned())];
    }
    let parts = text.split(',').map(|part| BASE64.decode(part.trim()));
    parts.map(|bytes| MetadataValue::Bytes(bytes.unwrap_or_default())).collect()
}

fn is_grpcs(name: &str) -> bool {
    name.starts_with("grpc-") || matches!(name, "content-type" | "te" | "connection" | "host")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_and_texts_have_names_of_their_own() {
        let mut metadata = Metadata::default();
        let text = |text: &str| MetadataValue::Text(text.to_owned());
        metadata.add("X-One", text("1")).unwrap();
        metadata.add("x-one", text("2")).unwrap();
        metadata.add("x-bin", MetadataValue::Bytes(vec![0, 255])).unwrap();
        for (name, value, error) in [
            ("x y", text(""), "metadata key \"x y\" cannot be sent"),
            ("grpc-timeout", text("1S"), "is reserved"),
            ("x", text("é\n"), "may have printable ASCII"),
            ("x-bin", text("a"), "must be binary"),
            ("x", MetadataValue::Bytes(vec![]), "is binary"),
        ] {
            let found = metadata.add(name, value).unwrap_err().to_string();
            assert!(found.contains(error), "{found}");
        }
        let found: Vec<_> = metadata.iter().collect();
        assert_eq!(found[0], ("x-one", vec![text("1"), text("2")]));
        assert_eq!(found[1], ("x-bin", vec![MetadataValue::Bytes(vec![0, 255])]));
    }
}
