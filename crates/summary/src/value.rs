//! The value of a metric as text, in the unit of the metric.

use flashcrowd_metrics::Contains;
use flashcrowd_text::{TimeUnit, format};

/// A value in the unit of its metric.
pub(crate) fn value(value: f64, contains: Contains, unit: Option<TimeUnit>) -> String {
    match contains {
        Contains::Default => format::number(value),
        Contains::Time => format::duration(value, unit),
        Contains::Data => format::bytes(value),
    }
}
