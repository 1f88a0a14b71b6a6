//! A sink in a form that other processes read.

use serde::{Deserialize, Serialize};

use super::number;
use super::trends::PortableTrend;
use crate::metric::Kind;
use crate::sink::{Gauge, Rate, Sink};

/// What is kept of samples, by kind of metric.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortableSink {
    /// The sum of all values, and how many there were.
    Counter {
        /// The sum.
        #[serde(with = "number")]
        sum: f64,
        /// How many samples made it.
        samples: u64,
    },
    /// The last, smallest and largest value.
    Gauge {
        /// The last value.
        #[serde(with = "number")]
        value: f64,
        /// The smallest value.
        #[serde(with = "number")]
        min: f64,
        /// The largest value.
        #[serde(with = "number")]
        max: f64,
        /// How many samples there were.
        samples: u64,
    },
    /// How many values were not zero.
    Rate {
        /// Values that were not zero.
        trues: u64,
        /// All values.
        total: u64,
    },
    /// The distribution.
    Trend(PortableTrend),
}

impl PortableSink {
    pub(super) fn of(sink: &Sink) -> Self {
        match sink {
            Sink::Counter { sum, samples } => Self::Counter { sum: *sum, samples: *samples },
            Sink::Gauge(Gauge { value, min, max, samples, .. }) => {
                Self::Gauge { value: *value, min: *min, max: *max, samples: *samples }
            }
            Sink::Rate(Rate { trues, total }) => Self::Rate { trues: *trues, total: *total },
            Sink::Trend(trend) => Self::Trend(PortableTrend::of(trend)),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Counter { .. } => Kind::Counter,
            Self::Gauge { .. } => Kind::Gauge,
            Self::Rate { .. } => Kind::Rate,
            Self::Trend(_) => Kind::Trend,
        }
    }

    /// The sink; the last value of a gauge was set at that time. None where its counts contradict each other.
    pub(super) fn into_sink(self, order: u64) -> Option<Sink> {
        Some(match self {
            Self::Counter { sum, samples } => Sink::Counter { sum, samples },
            Self::Gauge { value, min, max, samples } => {
                Sink::Gauge(Gauge { value, min, max, samples, order })
            }
            Self::Rate { trues, total } if trues <= total => Sink::Rate(Rate { trues, total }),
            Self::Rate { .. } => return None,
            Self::Trend(trend) => Sink::Trend(trend.into_trend()?),
        })
    }
}
