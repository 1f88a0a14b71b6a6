//! How long a block has to be: neighbouring seconds that resemble each other are no independent evidence.

use super::block::Block;
use super::robust::{median, spread};

/// The longest block, in basic blocks.
const LONGEST: f64 = 600.0;

/// How many times as long as the correlation a block is.
const TIMES: f64 = 1.5;

/// By how much more than their own errors blocks have to differ (in variances) to be disturbed by something that may last.
const EXCESS: f64 = 1.5;

/// By how many standard errors the correlation is thought to be longer than it looks.
const CAUTION: f64 = 2.0;

/// How many basic blocks make one, by the basic blocks and their scores. It is one where blocks differ by no more than
/// their own errors explain and do not resemble their neighbours.
pub fn block_length(basic: &[Block], scores: &[f64]) -> usize {
    let correlation = Correlation::of(scores);
    let known: Vec<f64> = basic.iter().filter_map(|block| block.error).collect();
    let inside = median(known).unwrap_or_default();
    let outside = spread(&basic.iter().map(|block| block.centre).collect::<Vec<_>>());
    if outside.powi(2) <= EXCESS * inside.powi(2) && correlation.time < 1.5 {
        return 1;
    }
    (TIMES * correlation.at_most()).ceil().clamp(1.0, LONGEST) as usize
}

/// How long neighbours resemble each other.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Correlation {
    /// How many neighbours count as one: 1 + 2 Σ r(k).
    time: f64,
    /// How many terms the sum has.
    lags: usize,
    /// Of how many values.
    count: usize,
}

impl Correlation {
    /// The sum ends at the first two neighbours whose sum is not positive (Geyer's initial positive sequence).
    fn of(scores: &[f64]) -> Self {
        const FEWEST: usize = 8;
        let count = scores.len();
        let mean = scores.iter().sum::<f64>() / count.max(1) as f64;
        let centred: Vec<f64> = scores.iter().map(|score| score - mean).collect();
        let product = |lag: usize| {
            centred.iter().zip(centred.iter().skip(lag)).map(|(one, other)| one * other).sum::<f64>()
        };
        let variance = product(0);
        let (mut sum, mut lags) = (0.0, 1);
        while count >= FEWEST && variance > 0.0 && lags + 1 < count / 2 {
            let pair = (product(lags) + product(lags + 1)) / variance;
            if pair <= 0.0 {
                break;
            }
            sum += pair;
            lags += 2;
        }
        Self { time: (1.0 + 2.0 * sum).max(1.0), lags, count }
    }

    /// The same with the error of such a sum added (Sokal): of few values one cannot tell that they are independent.
    fn at_most(&self) -> f64 {
        let error = (2.0 * (2.0 * self.lags as f64 + 1.0) / self.count.max(1) as f64).sqrt();
        self.time * (1.0 + CAUTION * error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(scores: &[f64], error: f64) -> usize {
        let block = |score: &f64| Block { centre: *score, error: Some(error), pairs: 9 };
        block_length(&scores.iter().map(block).collect::<Vec<_>>(), scores)
    }

    #[test]
    fn blocks_are_longer_than_what_lasts() {
        let mut rng = fastrand::Rng::with_seed(3);
        let noise: Vec<f64> = (0..400).map(|_| rng.f64() - 0.5).collect();
        assert_eq!(length(&noise, 0.3), 1, "the errors inside of blocks explain it");
        assert!((2..=4).contains(&length(&noise, 0.01)), "{}", length(&noise, 0.01));
        // A state that lasts for ten blocks at a time.
        let lasting: Vec<f64> = (0..40).flat_map(|_| vec![rng.f64() - 0.5; 10]).collect();
        assert!((16..=60).contains(&length(&lasting, 0.3)), "{}", length(&lasting, 0.3));
        assert_eq!(length(&[], 0.1), 1);
        assert_eq!(length(&[1.0; 50], 0.1), 1);
    }
}
