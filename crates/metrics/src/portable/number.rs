//! Numbers as decimals that are read back to the last bit: JSON has no infinities, and its readers may round.

use std::fmt::Write as _;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format!("{value:?}"))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
    read(&String::deserialize(deserializer)?).map_err(D::Error::custom)
}

fn read(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| format!("'{text}' is not a number"))
}

/// A list of numbers, as one text with blanks between them.
pub(super) mod list {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(values.len() * 10);
        for (at, value) in values.iter().enumerate() {
            let blank = if at == 0 { "" } else { " " };
            // Writing to a text cannot fail.
            let _ = write!(text, "{blank}{value:?}");
        }
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f64>, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.split_ascii_whitespace().map(read).collect::<Result<_, _>>().map_err(D::Error::custom)
    }
}

/// Buckets, as one text: `value:count value:count`.
pub(super) mod buckets {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(buckets: &[(f64, u64)], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(buckets.len() * 12);
        for (at, (value, count)) in buckets.iter().enumerate() {
            let blank = if at == 0 { "" } else { " " };
            let _ = write!(text, "{blank}{value:?}:{count}");
        }
        serializer.serialize_str(&text)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<(f64, u64)>, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bucket = |bucket: &str| {
            let wrong = || format!("'{bucket}' is not a bucket: write VALUE:COUNT");
            let (value, count) = bucket.split_once(':').ok_or_else(wrong)?;
            Ok((read(value)?, count.parse().map_err(|_| wrong())?))
        };
        let found: Result<_, String> = text.split_ascii_whitespace().map(bucket).collect();
        found.map_err(D::Error::custom)
    }
}
