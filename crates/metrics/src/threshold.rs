//! A threshold is a pass/fail expression over one statistic of a metric: `p(95)<500`.

use std::fmt;
use std::time::Duration;

use crate::metric::Kind;
use crate::sink::{Sink, Stat, StatError};

/// A comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `==` or `===`
    Equal,
    /// `!=`
    NotEqual,
}

impl Op {
    /// Whether `left op right` holds.
    pub fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Op::Less => left < right,
            Op::LessOrEqual => left <= right,
            Op::Greater => left > right,
            Op::GreaterOrEqual => left >= right,
            #[expect(clippy::float_cmp, reason = "the expression asks for equality, such as count==0")]
            Op::Equal => left == right,
            #[expect(clippy::float_cmp, reason = "the expression asks for equality, such as rate!=1")]
            Op::NotEqual => left != right,
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Op::Less => "<",
            Op::LessOrEqual => "<=",
            Op::Greater => ">",
            Op::GreaterOrEqual => ">=",
            Op::Equal => "==",
            Op::NotEqual => "!=",
        })
    }
}

/// One expression, with what happens when it fails during the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Threshold {
    /// The expression as written.
    pub source: String,
    /// The statistic.
    pub stat: Stat,
    /// The comparison.
    pub op: Op,
    /// What the statistic is compared with.
    pub value: f64,
    /// Whether the test ends as soon as the expression fails.
    pub abort_on_fail: bool,
    /// How long a failing expression may not end the test.
    pub delay_abort: Duration,
}

/// Why an expression could not be read.
#[derive(Debug, thiserror::Error, PartialEq)]
pub enum ThresholdError {
    /// There is no comparison in it.
    #[error(
        "threshold '{0}' has no comparison: write a statistic, one of < <= > >= == !=, and a number, such as p(95)<500"
    )]
    Operator(String),
    /// The left side is no statistic.
    #[error("threshold '{source_text}': {error}")]
    Stat {
        /// The expression.
        source_text: String,
        /// What is wrong with its left side.
        error: StatError,
    },
    /// The right side is no number.
    #[error("threshold '{source_text}': '{value}' is not a number")]
    Number {
        /// The expression.
        source_text: String,
        /// Its right side.
        value: String,
    },
    /// The metric has no such statistic.
    #[error("threshold '{source_text}': {stat} is not kept for a {kind} metric: use {}", usable(*kind))]
    Kind {
        /// The expression.
        source_text: String,
        /// The statistic as written.
        stat: String,
        /// The metric's kind.
        kind: Kind,
    },
}

/// The statistics that thresholds may use on metrics of a kind.
fn usable(kind: Kind) -> &'static str {
    match kind {
        Kind::Counter => "count or rate",
        Kind::Gauge => "value",
        Kind::Rate => "rate",
        Kind::Trend => "avg, min, max, med or p(N)",
    }
}

const OPS: [(&str, Op); 7] = [
    ("===", Op::Equal),
    ("<=", Op::LessOrEqual),
    (">=", Op::GreaterOrEqual),
    ("==", Op::Equal),
    ("!=", Op::NotEqual),
    ("<", Op::Less),
    (">", Op::Greater),
];

impl Threshold {
    /// Reads an expression.
    pub fn parse(source: &str) -> Result<Self, ThresholdError> {
        let at = source.find(['<', '>', '=', '!']);
        let split =
            at.and_then(|at| OPS.iter().find(|(text, _)| source[at..].starts_with(text)).map(|op| (at, op)));
        let Some((at, (text, op))) = split else { return Err(ThresholdError::Operator(source.to_owned())) };
        let stat = Stat::parse(source[..at].trim())
            .map_err(|error| ThresholdError::Stat { source_text: source.to_owned(), error })?;
        let right = source[at + text.len()..].trim();
        let number = || ThresholdError::Number { source_text: source.to_owned(), value: right.to_owned() };
        let value: f64 = right.parse().map_err(|_| number())?;
        if !value.is_finite() {
            return Err(number());
        }
        Ok(Self {
            source: source.to_owned(),
            stat,
            op: *op,
            value,
            abort_on_fail: false,
            delay_abort: Duration::ZERO,
        })
    }

    /// Says whether metrics of that kind have the statistic.
    pub fn check_kind(&self, kind: Kind) -> Result<(), ThresholdError> {
        if self.stat.applies_to(kind) {
            return Ok(());
        }
        let stat = self.source.split(['<', '>', '=', '!']).next().unwrap_or_default().trim().to_owned();
        Err(ThresholdError::Kind { source_text: self.source.clone(), stat, kind })
    }

    /// Whether the expression holds over a sink; an empty rate passes, as there is nothing that failed.
    pub fn holds(&self, sink: &Sink, seconds: f64) -> bool {
        if matches!(sink, Sink::Rate(rate) if rate.total == 0) {
            return true;
        }
        sink.stat(self.stat, seconds).is_some_and(|left| self.op.holds(left, self.value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_operator_and_blank() {
        for (source, op, value) in [
            ("p(95)<500", Op::Less, 500.0),
            ("p(99.9) <= 1.5", Op::LessOrEqual, 1.5),
            ("avg>0", Op::Greater, 0.0),
            ("count >=10", Op::GreaterOrEqual, 10.0),
            ("rate==1", Op::Equal, 1.0),
            ("rate===1", Op::Equal, 1.0),
            ("value!=-3", Op::NotEqual, -3.0),
        ] {
            let threshold = Threshold::parse(source).unwrap();
            assert_eq!((threshold.op, threshold.value), (op, value), "{source}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        for (source, message) in [
            ("p(95)", "has no comparison"),
            ("p95<5", "unknown statistic 'p95'"),
            ("avg<fast", "'fast' is not a number"),
            ("avg<5 && max<6", "'5 && max<6' is not a number"),
            ("avg=5", "has no comparison"),
        ] {
            let error = Threshold::parse(source).unwrap_err().to_string();
            assert!(error.contains(message), "{source}: {error}");
        }
        let error = Threshold::parse("p(95)<5").unwrap().check_kind(Kind::Rate).unwrap_err();
        assert_eq!(error.to_string(), "threshold 'p(95)<5': p(95) is not kept for a rate metric: use rate");
    }

    #[test]
    fn without_samples_a_rate_passes_and_a_trend_compares_zero() {
        let holds = |source: &str, kind| Threshold::parse(source).unwrap().holds(&Sink::new(kind), 1.0);
        assert!(holds("rate<0", Kind::Rate));
        assert!(holds("p(95)<5", Kind::Trend));
        assert!(!holds("count>0", Kind::Counter));
        assert!(holds("value==0", Kind::Gauge));
    }
}
