//! A sink is what is kept of the samples of one metric, one sub-metric or one row of a view.

use crate::metric::Kind;
use crate::trend::Trend;

/// What is kept of samples, by kind of metric.
#[derive(Clone, Debug)]
pub enum Sink {
    /// The sum of all values, and how many there were.
    Counter {
        /// The sum.
        sum: f64,
        /// How many samples made it.
        samples: u64,
    },
    /// The last value.
    Gauge(Gauge),
    /// How many values were not zero.
    Rate(Rate),
    /// The distribution.
    Trend(Trend),
}

/// The last, smallest and largest value of a gauge.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Gauge {
    /// The value with the highest `order`.
    pub value: f64,
    /// The smallest value.
    pub min: f64,
    /// The largest value.
    pub max: f64,
    /// How many samples there were.
    pub samples: u64,
    /// When the value was set, in an order that all workers share.
    pub order: u64,
}

/// How many of a rate's values were not zero.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Values that were not zero.
    pub trues: u64,
    /// All values.
    pub total: u64,
}

impl Rate {
    /// The share of values that were not zero; zero without values.
    pub fn value(&self) -> f64 {
        if self.total == 0 { 0.0 } else { self.trues as f64 / self.total as f64 }
    }
}

impl Gauge {
    fn add(&mut self, value: f64, order: u64) {
        let first = self.samples == 0;
        self.min = if first { value } else { self.min.min(value) };
        self.max = if first { value } else { self.max.max(value) };
        if first || order >= self.order {
            (self.value, self.order) = (value, order);
        }
        self.samples += 1;
    }

    fn merge(&mut self, other: &Gauge) {
        if other.samples == 0 {
            return;
        }
        let samples = self.samples + other.samples;
        let (min, max) = (other.min, other.max);
        self.add(other.value, other.order);
        self.min = self.min.min(min);
        self.max = self.max.max(max);
        self.samples = samples;
    }
}

/// A number that can be asked of a sink.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stat {
    /// A counter's sum, or how many samples a trend has.
    Count,
    /// A counter's sum over the run's seconds, or a rate's share.
    Rate,
    /// A gauge's last value.
    Value,
    /// A trend's mean.
    Avg,
    /// The smallest value.
    Min,
    /// The largest value.
    Max,
    /// A trend's median.
    Med,
    /// A trend's percentile, 0 to 100.
    Percentile(f64),
}

/// A statistic that does not exist.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown statistic '{0}': use count, rate, value, avg, min, max, med or p(N) with N from 0 to 100")]
pub struct StatError(pub String);

impl Stat {
    /// Reads a statistic's name: `avg`, `p(95)`, ...
    pub fn parse(name: &str) -> Result<Self, StatError> {
        Ok(match name {
            "count" => Stat::Count,
            "rate" => Stat::Rate,
            "value" => Stat::Value,
            "avg" => Stat::Avg,
            "min" => Stat::Min,
            "max" => Stat::Max,
            "med" => Stat::Med,
            _ => {
                let error = || StatError(name.to_owned());
                let inner = name.strip_prefix("p(").and_then(|n| n.strip_suffix(')')).ok_or_else(error)?;
                let percent: f64 = inner.trim().parse().map_err(|_| error())?;
                if !(0.0..=100.0).contains(&percent) {
                    return Err(error());
                }
                Stat::Percentile(percent)
            }
        })
    }

    /// Whether metrics of that kind have this statistic in thresholds.
    pub fn applies_to(self, kind: Kind) -> bool {
        match kind {
            Kind::Counter => matches!(self, Stat::Count | Stat::Rate),
            Kind::Gauge => self == Stat::Value,
            Kind::Rate => self == Stat::Rate,
            Kind::Trend => !matches!(self, Stat::Rate | Stat::Value | Stat::Count),
        }
    }
}

impl Sink {
    /// An empty sink.
    pub fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter => Sink::Counter { sum: 0.0, samples: 0 },
            Kind::Gauge => Sink::Gauge(Gauge::default()),
            Kind::Rate => Sink::Rate(Rate::default()),
            Kind::Trend => Sink::Trend(Trend::default()),
        }
    }

    /// The kind of metric it is for.
    pub fn kind(&self) -> Kind {
        match self {
            Sink::Counter { .. } => Kind::Counter,
            Sink::Gauge(_) => Kind::Gauge,
            Sink::Rate(_) => Kind::Rate,
            Sink::Trend(_) => Kind::Trend,
        }
    }

    /// Whether no sample was added.
    pub fn is_empty(&self) -> bool {
        self.samples() == 0
    }

    /// How many samples were added.
    pub fn samples(&self) -> u64 {
        match self {
            Sink::Counter { samples, .. } => *samples,
            Sink::Gauge(gauge) => gauge.samples,
            Sink::Rate(rate) => rate.total,
            Sink::Trend(trend) => trend.count(),
        }
    }

    /// Adds a value; `order` matters to gauges alone.
    pub fn add(&mut self, value: f64, order: u64) {
        match self {
            Sink::Counter { sum, samples } => {
                *sum += value;
                *samples += 1;
            }
            Sink::Gauge(gauge) => gauge.add(value, order),
            Sink::Rate(rate) => {
                rate.total += 1;
                rate.trues += u64::from(value != 0.0);
            }
            Sink::Trend(trend) => trend.add(value),
        }
    }

    /// Takes all samples out.
    pub fn take(&mut self) -> Sink {
        match self {
            Sink::Trend(trend) => Sink::Trend(trend.take()),
            other => {
                let empty = Sink::new(other.kind());
                std::mem::replace(other, empty)
            }
        }
    }

    /// Adds all of another sink of the same kind; one of another kind is ignored.
    pub fn merge(&mut self, other: &Sink) {
        match (self, other) {
            (Sink::Counter { sum, samples }, Sink::Counter { sum: s, samples: n }) => {
                *sum += s;
                *samples += n;
            }
            (Sink::Gauge(mine), Sink::Gauge(theirs)) => mine.merge(theirs),
            (Sink::Rate(mine), Sink::Rate(theirs)) => {
                mine.trues += theirs.trues;
                mine.total += theirs.total;
            }
            (Sink::Trend(mine), Sink::Trend(theirs)) => mine.merge(theirs),
            _ => debug_assert!(false, "sinks of one key are of one kind"),
        }
    }

    /// The value of a statistic, where this kind of sink has it; `seconds` is the length of the run so far.
    pub fn stat(&self, stat: Stat, seconds: f64) -> Option<f64> {
        match (self, stat) {
            (Sink::Counter { sum, .. }, Stat::Count) => Some(*sum),
            (Sink::Counter { sum, .. }, Stat::Rate) => Some(if seconds > 0.0 { sum / seconds } else { 0.0 }),
            (Sink::Gauge(gauge), Stat::Value) => Some(gauge.value),
            (Sink::Gauge(gauge), Stat::Min) => Some(gauge.min),
            (Sink::Gauge(gauge), Stat::Max) => Some(gauge.max),
            (Sink::Rate(rate), Stat::Rate) => Some(rate.value()),
            (Sink::Trend(trend), stat) => trend_stat(trend, stat),
            _ => None,
        }
    }
}

fn trend_stat(trend: &Trend, stat: Stat) -> Option<f64> {
    Some(match stat {
        Stat::Count => trend.count() as f64,
        Stat::Avg => trend.avg(),
        Stat::Min => trend.min(),
        Stat::Max => trend.max(),
        Stat::Med => trend.quantile(0.5),
        Stat::Percentile(percent) => trend.quantile(percent / 100.0),
        Stat::Rate | Stat::Value => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statistics_are_read_by_name() {
        assert_eq!(Stat::parse("p(99.9)"), Ok(Stat::Percentile(99.9)));
        assert_eq!(Stat::parse("med"), Ok(Stat::Med));
        for wrong in ["p(101)", "p()", "p95", "mean", ""] {
            assert_eq!(Stat::parse(wrong), Err(StatError(wrong.to_owned())));
        }
    }

    #[test]
    fn a_gauge_keeps_the_latest_over_workers() {
        let (mut a, mut b) = (Gauge::default(), Gauge::default());
        a.add(5.0, 1);
        b.add(9.0, 2);
        a.add(7.0, 3);
        b.merge(&a);
        assert_eq!(b, Gauge { value: 7.0, min: 5.0, max: 9.0, samples: 3, order: 3 });
    }
}
