//! The summary's options say which statistics of trends it shows, and in which unit times are.

use flashcrowd_metrics::{Stat, StatError};
use flashcrowd_text::TimeUnit;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the summary shows of trends and times.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummaryOptions {
    /// The statistics of trends, in the order of their columns: `avg`, `p(95)`, ...
    pub trend_stats: Vec<String>,
    /// One unit for all times; without it each time has the unit that suits it.
    pub time_unit: Option<TimeUnit>,
}

impl SummaryOptions {
    /// These statistics of trends, if there are such: avg, min, med, max, count or p(N).
    pub fn new(trend_stats: Vec<String>, time_unit: Option<TimeUnit>) -> Result<Self, StatError> {
        for name in &trend_stats {
            if matches!(Stat::parse(name)?, Stat::Rate | Stat::Value) {
                return Err(StatError(name.clone()));
            }
        }
        Ok(Self { trend_stats, time_unit })
    }
}

impl Default for SummaryOptions {
    fn default() -> Self {
        let trend_stats = ["avg", "min", "med", "max", "p(90)", "p(95)"].map(str::to_owned).to_vec();
        Self { trend_stats, time_unit: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_statistics_of_trends_are_taken() {
        let new = |name: &str| SummaryOptions::new(vec!["avg".into(), name.into()], None);
        assert!(new("p(99.99)").is_ok() && new("count").is_ok());
        for wrong in ["rate", "value", "p(101)", "mean"] {
            assert_eq!(new(wrong), Err(StatError(wrong.into())));
        }
    }
}
