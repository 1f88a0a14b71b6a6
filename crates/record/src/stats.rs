//! Stats are the numbers kept of one metric, by name and in the order in which they are shown.

use std::borrow::Cow;

use flashcrowd_metrics::{Sink, Stat, Trend};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::ser::SerializeMap;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

/// The statistics that a trend always has, whatever the summary shows.
const ALWAYS: [&str; 10] = ["count", "sum", "avg", "min", "med", "max", "p(90)", "p(95)", "p(99)", "p(99.9)"];

/// The names that stats of an interval have, whose rows are as many as requests have names and answers.
const INTERVAL: [&[&str]; 4] = [
    &["sum"],
    &["value", "min", "max"],
    &["trues", "total"],
    &["count", "sum", "min", "max", "p50", "p90", "p95", "p99"],
];

/// Named numbers in a fixed order. A number that JSON cannot hold is written as `null` and read as NaN.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(from = "IndexMap<String, Option<f64>>")]
pub struct Stats {
    names: Names,
    values: Box<[f64]>,
}

/// A long run has millions of stats, nearly all of an interval.
#[derive(Clone, Debug)]
enum Names {
    Known(&'static [&'static str]),
    Own(Box<[Box<str>]>),
}

impl Stats {
    /// The number of that name.
    pub fn get(&self, name: &str) -> Option<f64> {
        self.iter().find_map(|(known, value)| (known == name).then_some(value))
    }

    /// The number of that name, zero when there is none.
    pub fn value(&self, name: &str) -> f64 {
        self.get(name).unwrap_or_default()
    }

    /// All names with their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.names.iter().zip(self.values.iter().copied())
    }

    /// What a sink holds: a counter's count and rate, a gauge's value, min and max, a rate's rate, passes and
    /// fails, a trend's `trend_stats` followed by those that a trend always has.
    pub fn of(sink: &Sink, seconds: f64, trend_stats: &[String]) -> Self {
        let stat = |stat| sink.stat(stat, seconds).unwrap_or_default();
        match sink {
            Sink::Counter { .. } => [("count", stat(Stat::Count)), ("rate", stat(Stat::Rate))].into(),
            Sink::Gauge(gauge) => [("value", gauge.value), ("min", gauge.min), ("max", gauge.max)].into(),
            Sink::Rate(rate) => [
                ("rate", rate.value()),
                ("passes", rate.trues as f64),
                ("fails", (rate.total - rate.trues) as f64),
            ]
            .into(),
            Sink::Trend(trend) => of_trend(trend, trend_stats),
        }
    }

    /// What is known of a trend, under the names and in the order of [`Stats::of`]. `known` is asked for each name,
    /// and told its quantile where it is one; what it does not answer is left out.
    pub(crate) fn of_known(trend_stats: &[String], known: impl Fn(&str, Option<f64>) -> Option<f64>) -> Self {
        let stat = |name| Some((name, known(name, quantile(name))?));
        trend_names(trend_stats).into_iter().filter_map(stat).collect()
    }

    /// What a sink of one interval holds, in short: a counter's sum, a gauge's value, min and max, a rate's
    /// trues and total, a trend's count, sum, min, max, p50, p90, p95 and p99.
    pub fn of_interval(sink: &Sink) -> Self {
        match sink {
            Sink::Counter { sum, .. } => [("sum", *sum)].into(),
            Sink::Gauge(gauge) => [("value", gauge.value), ("min", gauge.min), ("max", gauge.max)].into(),
            Sink::Rate(rate) => [("trues", rate.trues as f64), ("total", rate.total as f64)].into(),
            Sink::Trend(trend) => {
                let quantiles = trend.quantiles(&[0.5, 0.9, 0.95, 0.99]);
                [
                    ("count", trend.count() as f64),
                    ("sum", trend.sum()),
                    ("min", trend.min()),
                    ("max", trend.max()),
                    ("p50", quantiles[0]),
                    ("p90", quantiles[1]),
                    ("p95", quantiles[2]),
                    ("p99", quantiles[3]),
                ]
                .into()
            }
        }
    }
}

/// Sorts the trend's samples once for all percentiles.
fn of_trend(trend: &Trend, wanted: &[String]) -> Stats {
    let names = trend_names(wanted);
    let quantiles: Vec<f64> = names.iter().map(|name| quantile(name).unwrap_or_default()).collect();
    let at_quantiles = trend.quantiles(&quantiles);
    let value = |(name, at_quantile): (&&str, f64)| match *name {
        "count" => trend.count() as f64,
        "sum" => trend.sum(),
        "avg" => trend.avg(),
        "min" => trend.min(),
        "max" => trend.max(),
        _ => at_quantile,
    };
    names.iter().zip(at_quantiles).map(|pair| (*pair.0, value(pair))).collect()
}

/// The statistics that are wanted, then those that a trend always has.
fn trend_names(wanted: &[String]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in wanted.iter().map(String::as_str).chain(ALWAYS) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn quantile(name: &str) -> Option<f64> {
    match Stat::parse(name).ok()? {
        Stat::Med => Some(0.5),
        Stat::Percentile(percent) => Some(percent / 100.0),
        _ => None,
    }
}

/// A number as JSON writes it in scripts: whole numbers without a fraction, `null` for what is no number.
pub fn json_number(value: f64) -> Value {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= EXACT { (value as i64).into() } else { value.into() }
}

impl Names {
    fn iter(&self) -> impl Iterator<Item = &str> {
        let (known, own): (&[&str], &[Box<str>]) = match self {
            Self::Known(known) => (known, &[]),
            Self::Own(own) => (&[], own),
        };
        known.iter().copied().chain(own.iter().map(|name| &**name))
    }
}

impl Default for Names {
    fn default() -> Self {
        Self::Known(&[])
    }
}

impl PartialEq for Names {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> FromIterator<(&'a str, f64)> for Stats {
    fn from_iter<T: IntoIterator<Item = (&'a str, f64)>>(pairs: T) -> Self {
        let (names, values): (Vec<&str>, Vec<f64>) = pairs.into_iter().unzip();
        let names = match INTERVAL.into_iter().find(|known| **known == *names) {
            Some(known) => Names::Known(known),
            None => Names::Own(names.into_iter().map(Box::from).collect()),
        };
        Self { names, values: values.into() }
    }
}

impl<const N: usize> From<[(&str, f64); N]> for Stats {
    fn from(pairs: [(&str, f64); N]) -> Self {
        pairs.into_iter().collect()
    }
}

impl From<IndexMap<String, Option<f64>>> for Stats {
    fn from(values: IndexMap<String, Option<f64>>) -> Self {
        values.iter().map(|(name, value)| (&**name, value.unwrap_or(f64::NAN))).collect()
    }
}

impl JsonSchema for Stats {
    fn schema_name() -> Cow<'static, str> {
        "Stats".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        IndexMap::<String, Option<f64>>::json_schema(generator)
    }
}

impl Serialize for Stats {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.values.len()))?;
        for (name, value) in self.iter() {
            map.serialize_entry(name, &json_number(value))?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trend(values: impl IntoIterator<Item = f64>) -> Sink {
        let mut trend = Trend::default();
        values.into_iter().for_each(|value| trend.add(value));
        Sink::Trend(trend)
    }

    #[test]
    fn a_trend_has_the_wanted_stats_first_and_always_its_own() {
        let stats = Stats::of(&trend((0..=1000).map(f64::from)), 1.0, &["p(99.5)".into(), "max".into()]);
        insta::assert_snapshot!(
            serde_json::to_string(&stats).unwrap(),
            @r#"{"p(99.5)":995,"max":1000,"count":1001,"sum":500500,"avg":500,"min":0,"med":500,"p(90)":900,"p(95)":950,"p(99)":990,"p(99.9)":999.0000000000001}"#
        );
    }

    #[test]
    fn infinity_survives_a_round_trip_as_no_number() {
        let stats = Stats::of(&trend([f64::INFINITY, 1.0]), 1.0, &[]);
        let text = serde_json::to_string(&stats).unwrap();
        let back: Stats = serde_json::from_str(&text).unwrap();
        assert!(back.value("sum").is_nan(), "{text}");
        assert_eq!(back.value("min"), 1.0);
    }
}
