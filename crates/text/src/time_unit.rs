//! A time unit is the one unit that all times are shown in, where that was chosen.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A fixed unit for all times, as `summaryTimeUnit` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeUnit {
    /// Seconds.
    S,
    /// Milliseconds.
    Ms,
    /// Microseconds.
    Us,
}

impl TimeUnit {
    /// Reads `s`, `ms` or `us`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "s" => Self::S,
            "ms" => Self::Ms,
            "us" => Self::Us,
            _ => return None,
        })
    }

    /// The name that [`TimeUnit::parse`] reads.
    pub fn name(self) -> &'static str {
        match self {
            Self::S => "s",
            Self::Ms => "ms",
            Self::Us => "us",
        }
    }
}
