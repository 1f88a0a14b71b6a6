//! Prometheus' names and numbers for the series of a run: those of k6's output of that kind.
//!
//! | metric | series |
//! | --- | --- |
//! | counter | `k6_NAME_total` |
//! | gauge | `k6_NAME` |
//! | rate | `k6_NAME_rate`, from 0 to 1 |
//! | trend | `k6_NAME_STAT` for each statistic that is asked for; times in seconds |

use flashcrowd_metrics::{Stat, Trend};

use crate::series::{Kept, Row};

/// The statistics of trends if nothing else is said.
pub(crate) const STATS: &str = "p(99)";

/// What is shown of a trend.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Stat(Stat),
    Sum,
}

/// A statistic, and how it ends the name of its series.
pub(crate) type Shapes = Vec<(String, Shape)>;

/// The statistics of a list such as `p(95),max,sum`.
pub(crate) fn shapes(list: &str) -> Result<Shapes, String> {
    let shape = |name: &str| match name {
        "sum" => Ok(Shape::Sum),
        name => Stat::parse(name).map(Shape::Stat).map_err(|error| error.to_string()),
    };
    list.split(',').map(str::trim).map(|name| Ok((suffix(name), shape(name)?))).collect()
}

/// `p(99.9)` as a part of a name: `p999`.
fn suffix(stat: &str) -> String {
    stat.chars().filter(char::is_ascii_alphanumeric).collect()
}

/// A name with underscores in the place of what Prometheus does not take.
pub(crate) fn legal(name: &str) -> String {
    let is_legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let legal: String = name.chars().map(|c| if is_legal(c) { c } else { '_' }).collect();
    if legal.starts_with(|c: char| c.is_ascii_digit()) { format!("_{legal}") } else { legal }
}

/// The value of a series now.
#[derive(Debug)]
pub(crate) struct Value {
    /// The name of the series.
    pub(crate) name: String,
    pub(crate) value: f64,
    /// Whether it only grows.
    pub(crate) is_counter: bool,
}

/// The value of all that is no trend.
pub(crate) fn single<T>(row: &Row<T>) -> Option<Value> {
    let value = |suffix: &str, value: f64, is_counter: bool| {
        Some(Value { name: format!("k6_{}{suffix}", row.name), value, is_counter })
    };
    match row.kept {
        Kept::Counter(sum) => value("_total", sum, true),
        Kept::Gauge(last) => value("", last, false),
        Kept::Rate { trues, total } => value("_rate", trues as f64 / total as f64, false),
        Kept::Trend(_) => None,
    }
}

/// All values of a series.
pub(crate) fn values(row: &Row<Trend>, shapes: &Shapes) -> Vec<Value> {
    let Kept::Trend(trend) = &row.kept else { return single(row).into_iter().collect() };
    let quantile = |shape: &Shape| match shape {
        Shape::Stat(Stat::Med) => Some(0.5),
        Shape::Stat(Stat::Percentile(percent)) => Some(percent / 100.0),
        _ => None,
    };
    // All of them at once: each look at a distribution sorts it.
    let asked: Vec<f64> = shapes.iter().filter_map(|(_, shape)| quantile(shape)).collect();
    let mut found = if asked.is_empty() { Vec::new() } else { trend.quantiles(&asked) }.into_iter();
    let value = |(suffix, shape): &(String, Shape)| {
        let (value, is_counter) = match shape {
            Shape::Sum => (trend.sum(), true),
            Shape::Stat(Stat::Count) => (trend.count() as f64, true),
            Shape::Stat(Stat::Avg) => (trend.avg(), false),
            Shape::Stat(Stat::Min) => (trend.min(), false),
            Shape::Stat(Stat::Max) => (trend.max(), false),
            Shape::Stat(Stat::Med | Stat::Percentile(_)) => (found.next()?, false),
            Shape::Stat(Stat::Rate | Stat::Value) => return None,
        };
        let is_time = row.is_time() && *shape != Shape::Stat(Stat::Count);
        let value = if is_time { value / 1e3 } else { value };
        Some(Value { name: format!("k6_{}_{suffix}", row.name), value, is_counter })
    };
    shapes.iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests {
    use flashcrowd_metrics::Contains;

    use super::*;

    #[test]
    fn names_are_what_prometheus_takes() {
        assert_eq!((legal("a-b.c").as_str(), legal("9x").as_str()), ("a_b_c", "_9x"));
        assert_eq!((suffix("p(99.9)").as_str(), suffix("avg").as_str()), ("p999", "avg"));
    }

    #[test]
    fn a_trend_has_the_statistics_that_are_asked_for() {
        let mut trend = Trend::default();
        [1_000.0, 2_000.0, 6_000.0].iter().for_each(|value| trend.add(*value));
        let mut row = Row {
            name: "wait".to_owned(),
            contains: Contains::Time,
            labels: Vec::new(),
            kept: Kept::Trend(trend),
        };
        let asked = shapes("max, med,sum,count,p(0),avg").unwrap();
        let found = |row: &Row<Trend>| {
            let values = values(row, &asked).into_iter();
            values.map(|one| format!("{} {}", one.name, one.value)).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            found(&row),
            "k6_wait_max 6, k6_wait_med 2, k6_wait_sum 9, k6_wait_count 3, k6_wait_p0 1, k6_wait_avg 3"
        );
        row.kept = Kept::Rate { trues: 1, total: 4 };
        assert_eq!(found(&row), "k6_wait_rate 0.25");
        assert!(shapes("p99x").unwrap_err().starts_with("unknown statistic 'p99x': use "));
    }
}
