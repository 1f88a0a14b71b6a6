//! An arrival process says how iterations that start at a rate are spread in time: evenly, at random, or in bursts.
//!
//! A random stream belongs to the whole test: every share computes all of it from the same seed and starts those
//! iterations that the striping gives it. So the shares together start one stream, whatever their number. The stream
//! has one iteration per unit of area under the curve of the rate, which is carried over to any curve (time change).

use std::fmt;
use std::str::FromStr;

use crate::random::{SplitMix64, mixed};
use flashcrowd_text::nearest;
use serde_json::{Map, Value};

/// The largest mean size of a burst.
const LARGEST_BURST: u64 = 1_000_000;

/// How iterations that start at a rate are spread in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arrivals {
    /// At equal distances, as a clock does.
    #[default]
    Even,
    /// At random and independently of each other, as people do: a Poisson process.
    Poisson,
    /// Several at once: bursts are a Poisson process, and their sizes are geometrically distributed with this mean.
    Bursts(u64),
}

/// What is no arrival process.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("'{text}' is no arrival process: use even, poisson or 'bursts of 20'{near}")]
pub struct ArrivalsError {
    text: String,
    near: String,
}

impl Arrivals {
    /// Whether the times are drawn at random, so that a seed determines them.
    pub fn is_random(self) -> bool {
        self != Self::Even
    }

    /// How the variance of the number of arrivals compares to their mean: 1 for a Poisson process.
    pub fn dispersion(self) -> f64 {
        match self {
            Self::Even => 0.0,
            Self::Poisson => 1.0,
            Self::Bursts(mean) => 2.0 * mean as f64 - 1.0,
        }
    }

    /// What an executor says of itself besides its load.
    pub(super) fn notes(self, users: String) -> Vec<String> {
        let random = self.is_random().then(|| format!("arrivals: {self}"));
        std::iter::once(users).chain(random).collect()
    }

    /// Writes the field; k6 knows even arrivals only, and writes nothing for them.
    pub(super) fn write(self, object: &mut Map<String, Value>) {
        if self.is_random() {
            object.insert("arrivals".into(), self.to_string().into());
        }
    }

    /// The stream of a seed; none where arrivals are even.
    pub(super) fn stream(self, seed: u64) -> Option<Stream> {
        let mean_burst = match self {
            Self::Even => return None,
            Self::Poisson => 1,
            Self::Bursts(mean) => mean.max(1),
        };
        Some(Stream {
            random: SplitMix64::new(seed),
            mean_burst: mean_burst as f64,
            area: 0.0,
            next: 0,
            left: 0,
        })
    }
}

impl fmt::Display for Arrivals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Even => f.write_str("even"),
            Self::Poisson => f.write_str("poisson"),
            Self::Bursts(mean) => write!(f, "bursts of {mean}"),
        }
    }
}

impl FromStr for Arrivals {
    type Err = ArrivalsError;

    fn from_str(text: &str) -> Result<Self, ArrivalsError> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let size = |size: &str| size.parse().ok().filter(|size| (1..=LARGEST_BURST).contains(size));
        match words[..] {
            ["even"] => return Ok(Self::Even),
            ["poisson"] => return Ok(Self::Poisson),
            ["bursts", "of", mean] if size(mean).is_some() => {
                return Ok(Self::Bursts(size(mean).unwrap_or(1)));
            }
            _ => {}
        }
        let near = words.first().and_then(|word| nearest(word, ["even", "poisson", "bursts"]));
        let near = match near {
            Some("bursts") => {
                format!("; the mean size of a burst is a whole number from 1 to {LARGEST_BURST}")
            }
            Some(near) => format!("; did you mean '{near}'?"),
            None => String::new(),
        };
        Err(ArrivalsError { text: text.to_owned(), near })
    }
}

/// The arrivals of a test at random, as areas under the curve of their rate, in rising order.
#[derive(Clone, Debug)]
pub(super) struct Stream {
    random: SplitMix64,
    mean_burst: f64,
    /// Where the burst at hand is.
    area: f64,
    /// The number of the arrival that comes next.
    next: u64,
    /// How many arrivals the burst at hand has left.
    left: u64,
}

impl Stream {
    /// The area at which an arrival is due, counted from zero; asked in rising order.
    pub(super) fn area(&mut self, index: u64) -> f64 {
        while self.next <= index {
            if self.left == 0 {
                self.area += self.mean_burst * exponential(&mut self.random);
                self.left = self.burst();
            }
            let taken = self.left.min(index - self.next + 1);
            self.left -= taken;
            self.next += taken;
        }
        self.area
    }

    /// The size of the next burst. For a mean of one the logarithm is infinite, and the quotient zero.
    fn burst(&mut self) -> u64 {
        if self.mean_burst == 1.0 {
            return 1;
        }
        let failure = (-1.0 / self.mean_burst).ln_1p();
        1 + (-exponential(&mut self.random) / failure) as u64
    }
}

/// A value of the exponential distribution with mean one.
fn exponential(random: &mut SplitMix64) -> f64 {
    // Correctness: above zero, so that the logarithm is finite, and at most one.
    let uniform = ((random.next_number() >> 11) + 1) as f64 / (1_u64 << 53) as f64;
    -uniform.ln()
}

/// The seed of a scenario's stream, by its position in the test: different scenarios are independent.
pub(crate) fn scenario_seed(seed: u64, scenario: usize) -> u64 {
    mixed(mixed(seed ^ 0x6A09_E667_F3BC_C909).wrapping_add(scenario as u64 + 1))
}
