//! A latency is the distribution of the time that one database call of the shop takes.

use std::f64::consts::TAU;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

/// The standard normal distribution's 99th percentile.
const Z99: f64 = 2.326_347_874_040_841;

/// Samples further out than this many standard deviations are drawn in, so that no single call stalls a run.
const FARTHEST: f64 = 4.0;

/// The longest time that may be asked for.
const LONGEST: Duration = Duration::from_secs(60);

/// How long a database call takes.
///
/// As text: `0`, a fixed time such as `5ms`, `5ms..50ms` for a log-normal distribution given by its median
/// and its 99th percentile, or `exp(5ms)` for an exponential one given by its mean.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    /// No time at all, and no timer touched.
    #[default]
    Zero,
    /// Always the same time.
    Fixed(Duration),
    /// Most calls near the median, a few much slower: the shape of real databases.
    LogNormal {
        /// Half of the calls are faster than this.
        median: Duration,
        /// One call in a hundred is slower than this.
        p99: Duration,
    },
    /// Any time, the shorter the more likely: the servers of queueing theory, such as M/M/1.
    Exponential {
        /// The time on average.
        mean: Duration,
    },
}

impl Latency {
    /// Draws the time that the next call takes.
    #[must_use]
    pub fn sample(self) -> Duration {
        match self {
            Self::Zero => Duration::ZERO,
            Self::Fixed(time) => time,
            Self::LogNormal { median, p99 } => {
                let sigma = (p99.as_secs_f64() / median.as_secs_f64()).ln() / Z99;
                median.mul_f64((sigma * standard_normal()).exp())
            }
            Self::Exponential { mean } => mean.mul_f64(-(1.0 - fastrand::f64()).ln()),
        }
    }
}

/// Draws from the standard normal distribution (Box and Muller's method), cut off at [`FARTHEST`].
fn standard_normal() -> f64 {
    let radius = (-2.0 * (1.0 - fastrand::f64()).ln()).sqrt();
    (radius * (TAU * fastrand::f64()).cos()).clamp(-FARTHEST, FARTHEST)
}

/// Why a text is not a latency.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum LatencyError {
    /// There is no text.
    #[error("a latency is missing: write 0, 5ms, 5ms..50ms (median..p99) or exp(5ms)")]
    Empty,
    /// A number stands alone.
    #[error("`{text}` has no unit: write {text}ms, or {text}s")]
    NoUnit {
        /// The time as it was written.
        text: String,
    },
    /// The unit is none of ours.
    #[error("`{text}` has the unknown unit `{unit}`: use us, ms or s")]
    Unit {
        /// The time as it was written.
        text: String,
        /// The part of it that was taken for the unit.
        unit: String,
    },
    /// There is no number where one should be.
    #[error("`{text}` is not a time: write a number and a unit, such as 5ms")]
    NotATime {
        /// The time as it was written.
        text: String,
    },
    /// The time is longer than a minute.
    #[error("`{text}` is too long for a database call: at most 60s")]
    TooLong {
        /// The time as it was written.
        text: String,
    },
    /// A distribution cannot have a median of zero.
    #[error("`{text}` has a median of zero: write 1ms..50ms, or 0 for no latency")]
    ZeroMedian {
        /// The latency as it was written.
        text: String,
    },
    /// An exponential distribution is not closed, or has no mean above zero.
    #[error("`{text}` is not an exponential latency: write its mean, such as exp(5ms)")]
    Exponential {
        /// The latency as it was written.
        text: String,
    },
    /// The percentile is below the median.
    #[error("`{text}` has a p99 below its median: write the smaller time first")]
    Backwards {
        /// The latency as it was written.
        text: String,
    },
}

impl FromStr for Latency {
    type Err = LatencyError;

    fn from_str(text: &str) -> Result<Self, LatencyError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(LatencyError::Empty);
        }
        if let Some(rest) = text.strip_prefix("exp(") {
            let wrong = || LatencyError::Exponential { text: text.to_owned() };
            let mean = parse_time(rest.strip_suffix(')').ok_or_else(wrong)?)?;
            return if mean.is_zero() { Err(wrong()) } else { Ok(Self::Exponential { mean }) };
        }
        let Some((median, p99)) = text.split_once("..") else {
            let time = parse_time(text)?;
            return Ok(if time.is_zero() { Self::Zero } else { Self::Fixed(time) });
        };
        let (median, p99) = (parse_time(median)?, parse_time(p99)?);
        if p99.is_zero() && median.is_zero() {
            Ok(Self::Zero)
        } else if median.is_zero() {
            Err(LatencyError::ZeroMedian { text: text.to_owned() })
        } else if p99 < median {
            Err(LatencyError::Backwards { text: text.to_owned() })
        } else if p99 == median {
            Ok(Self::Fixed(median))
        } else {
            Ok(Self::LogNormal { median, p99 })
        }
    }
}

/// Reads one time: a number and its unit, or a bare zero.
fn parse_time(text: &str) -> Result<Duration, LatencyError> {
    let text = text.trim();
    let owned = || text.to_owned();
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: f64 = number.parse().map_err(|_| LatencyError::NotATime { text: owned() })?;
    let seconds = match unit.trim() {
        "" if number == 0.0 => 0.0,
        "" => return Err(LatencyError::NoUnit { text: owned() }),
        "us" | "µs" => number / 1e6,
        "ms" => number / 1e3,
        "s" => number,
        unit => return Err(LatencyError::Unit { text: owned(), unit: unit.to_owned() }),
    };
    if seconds > LONGEST.as_secs_f64() {
        return Err(LatencyError::TooLong { text: owned() });
    }
    Ok(Duration::from_secs_f64(seconds))
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zero => f.write_str("0"),
            Self::Fixed(time) => write!(f, "{time:?}"),
            Self::LogNormal { median, p99 } => write!(f, "{median:?}..{p99:?}"),
            Self::Exponential { mean } => write!(f, "exp({mean:?})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn texts_that_are_latencies() {
        let table = [
            ("0", Latency::Zero),
            ("0ms", Latency::Zero),
            ("0..0", Latency::Zero),
            ("5ms", Latency::Fixed(ms(5))),
            (" 1.5s ", Latency::Fixed(ms(1500))),
            ("200us", Latency::Fixed(Duration::from_micros(200))),
            ("200µs", Latency::Fixed(Duration::from_micros(200))),
            ("60s", Latency::Fixed(ms(60_000))),
            ("5ms..5ms", Latency::Fixed(ms(5))),
            ("5ms..50ms", Latency::LogNormal { median: ms(5), p99: ms(50) }),
            ("5 ms .. 1 s", Latency::LogNormal { median: ms(5), p99: ms(1000) }),
            ("exp(1.5s)", Latency::Exponential { mean: ms(1500) }),
            ("exp( 10 ms )", Latency::Exponential { mean: ms(10) }),
        ];
        for (text, latency) in table {
            assert_eq!(text.parse(), Ok(latency), "{text}");
            assert_eq!(latency.to_string().parse(), Ok(latency), "{text} printed and read again");
        }
    }

    #[test]
    fn texts_that_are_not() {
        let table = [
            ("", "a latency is missing: write 0, 5ms, 5ms..50ms (median..p99) or exp(5ms)"),
            ("5", "`5` has no unit: write 5ms, or 5s"),
            ("5ms..50", "`50` has no unit: write 50ms, or 50s"),
            ("5m", "`5m` has the unknown unit `m`: use us, ms or s"),
            ("fast", "`fast` is not a time: write a number and a unit, such as 5ms"),
            ("-5ms", "`-5ms` is not a time: write a number and a unit, such as 5ms"),
            ("1.2.3ms", "`1.2.3ms` is not a time: write a number and a unit, such as 5ms"),
            ("5ms..", "`` is not a time: write a number and a unit, such as 5ms"),
            ("61s", "`61s` is too long for a database call: at most 60s"),
            ("0..5ms", "`0..5ms` has a median of zero: write 1ms..50ms, or 0 for no latency"),
            ("exp(5ms", "`exp(5ms` is not an exponential latency: write its mean, such as exp(5ms)"),
            ("exp(0)", "`exp(0)` is not an exponential latency: write its mean, such as exp(5ms)"),
            ("exp(5)", "`5` has no unit: write 5ms, or 5s"),
            ("50ms..5ms", "`50ms..5ms` has a p99 below its median: write the smaller time first"),
        ];
        for (text, message) in table {
            assert_eq!(text.parse::<Latency>().unwrap_err().to_string(), message, "{text}");
        }
    }

    #[test]
    fn samples_follow_the_two_percentiles() {
        fastrand::seed(7);
        let latency = Latency::LogNormal { median: ms(5), p99: ms(50) };
        let mut samples: Vec<_> = (0..100_000).map(|_| latency.sample()).collect();
        samples.sort();
        let (median, p99) = (samples[50_000], samples[99_000]);
        assert!((4.8..5.2).contains(&(median.as_secs_f64() * 1e3)), "median {median:?}");
        assert!((46.0..54.0).contains(&(p99.as_secs_f64() * 1e3)), "p99 {p99:?}");
    }

    #[test]
    fn exponential_samples_have_their_mean_and_percentile() {
        fastrand::seed(7);
        let latency = Latency::Exponential { mean: ms(10) };
        let mut samples: Vec<_> = (0..100_000).map(|_| latency.sample()).collect();
        samples.sort();
        let mean = samples.iter().sum::<Duration>().as_secs_f64() / 1e2;
        assert!((9.8..10.2).contains(&mean), "mean {mean} ms");
        let p99 = samples[99_000].as_secs_f64() * 1e3;
        assert!((44.0..48.0).contains(&p99), "p99 {p99} ms");
    }
}
