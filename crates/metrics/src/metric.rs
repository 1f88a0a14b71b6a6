//! A metric is a named stream of samples of one kind.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// What is kept of a metric's samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The sum of all values.
    Counter,
    /// The last value, with the smallest and the largest.
    Gauge,
    /// How many values were not zero.
    Rate,
    /// The distribution of values.
    Trend,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Rate => "rate",
            Kind::Trend => "trend",
        })
    }
}

/// The unit of a metric's values, which decides how they are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Contains {
    /// Plain numbers.
    Default,
    /// Milliseconds.
    Time,
    /// Bytes.
    Data,
}

/// The place of a metric in its [`Registry`](crate::Registry).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MetricId(pub(crate) u32);

impl MetricId {
    /// The position, counted from zero in order of definition.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A defined metric.
#[derive(Clone, Debug)]
pub struct Metric {
    /// Its place in the registry.
    pub id: MetricId,
    /// Its name, unique within the test.
    pub name: Arc<str>,
    /// What is kept of its samples.
    pub kind: Kind,
    /// The unit of its values.
    pub contains: Contains,
}
