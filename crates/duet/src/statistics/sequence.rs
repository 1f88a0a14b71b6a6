//! A confidence sequence: an interval for the difference that holds at every moment at once.

use super::betting::Bets;
use super::block::{Block, merged};
use super::correlation::block_length;
use super::robust::{median, spread};

/// The difference at which a bet is won in full, in standard errors of a block.
const FULL: f64 = 2.0;

/// By how many of the last blocks it is told how much blocks differ.
const REMEMBERED: usize = 30;

/// The smallest difference that counts, as a logarithm: a hundredth of a percent.
const FINEST: f64 = 1e-4;

/// The differences that are looked at: a factor of a thousand either way.
const WIDEST: f64 = 7.0;

/// Blocks with the error that each is judged by, which is known before its centre is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sequence {
    blocks: Vec<(f64, f64)>,
    length: usize,
}

/// What is known of a difference of logarithms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The best guess.
    pub estimate: f64,
    /// It is no less than this.
    pub lower: f64,
    /// It is no more than this.
    pub upper: f64,
}

impl Bounds {
    /// A bound that is as far away as this is none.
    pub const UNKNOWN: f64 = WIDEST - 0.01;
}

impl Sequence {
    /// Of basic blocks, with blocks as long as their correlation asks for.
    pub fn of(basic: &[Block]) -> Self {
        let single = Self::with_length(basic, 1);
        let length = block_length(basic, &single.scores(single.estimate()));
        if length == 1 { single } else { Self::with_length(basic, length) }
    }

    /// Of basic blocks, so many as one.
    pub fn with_length(basic: &[Block], length: usize) -> Self {
        let merged = merged(basic, length);
        let blocks = merged.iter().enumerate().map(|(at, block)| {
            let past = &merged[at.saturating_sub(REMEMBERED)..at];
            (block.centre, error(block, past).max(FINEST))
        });
        Self { blocks: blocks.collect(), length }
    }

    /// How many blocks there are.
    pub fn len(&self) -> usize {
        self.blocks.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// How many basic blocks each of its blocks is.
    pub fn block_length(&self) -> usize {
        self.length
    }

    /// The difference around which the blocks lie.
    pub fn estimate(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        bisect(|value| self.scores(value).iter().sum::<f64>() > 0.0)
    }

    /// The logarithm of the evidence that the difference is above a value.
    pub fn above(&self, value: f64) -> f64 {
        self.bets(value, 1.0)
    }

    /// The logarithm of the evidence that the difference is below a value.
    pub fn below(&self, value: f64) -> f64 {
        self.bets(value, -1.0)
    }

    /// What is known where the probability of an error at any time, above or below, is `alpha`.
    pub fn bounds(&self, alpha: f64) -> Bounds {
        let enough = (2.0 / alpha).ln();
        Bounds {
            estimate: self.estimate(),
            lower: bisect(|value| self.above(value) >= enough),
            upper: -bisect(|value| self.below(-value) >= enough),
        }
    }

    /// How far each block lies above a value, from -1 to 1.
    fn scores(&self, value: f64) -> Vec<f64> {
        self.outcomes(value, 1.0).collect()
    }

    fn outcomes(&self, value: f64, side: f64) -> impl Iterator<Item = f64> {
        self.blocks
            .iter()
            .map(move |(centre, error)| side * ((centre - value) / (FULL * error)).clamp(-1.0, 1.0))
    }

    fn bets(&self, value: f64, side: f64) -> f64 {
        let mut bets = Bets::default();
        self.outcomes(value, side).for_each(|outcome| bets.bet(outcome));
        bets.logarithm()
    }
}

/// How exactly a block tells the difference: by the spread inside of it, and by how much blocks before it differed.
/// Its own centre plays no part, so that it may be bet on.
fn error(block: &Block, past: &[Block]) -> f64 {
    const FEWEST: usize = 3;
    const NO_PAST: f64 = 1.5;
    let inside = block.error.or_else(|| {
        let known: Vec<f64> = past.iter().filter_map(|block| block.error).collect();
        median(known)
    });
    if past.len() < FEWEST {
        return inside.map_or(1.0, |inside| inside * NO_PAST);
    }
    let centres: Vec<f64> = past.iter().map(|block| block.centre).collect();
    inside.unwrap_or_default().max(spread(&centres))
}

/// The largest value of which something holds that holds of all smaller ones.
fn bisect(holds: impl Fn(f64) -> bool) -> f64 {
    let (mut low, mut high) = (-WIDEST, WIDEST);
    while high - low > FINEST / 10.0 {
        let middle = f64::midpoint(low, high);
        if holds(middle) { low = middle } else { high = middle }
    }
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(difference: f64, blocks: usize, seed: u64) -> Vec<Block> {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut noise = || (0..12).map(|_| rng.f64() - 0.5).sum::<f64>() * 0.05;
        (0..blocks).map(|_| Block { centre: difference + noise(), error: Some(0.05), pairs: 50 }).collect()
    }

    #[test]
    fn nothing_is_known_at_first_and_more_and_more_later() {
        let mut width = f64::INFINITY;
        for blocks in [0, 60, 600] {
            let bounds = Sequence::of(&around(0.1, blocks, 7)).bounds(0.01);
            assert!(bounds.lower <= 0.1 && 0.1 <= bounds.upper, "{blocks}: {bounds:?}");
            assert!(bounds.upper - bounds.lower < width);
            width = bounds.upper - bounds.lower;
        }
        assert!(width < 0.05, "{width}");
    }

    #[test]
    fn the_sides_can_be_exchanged() {
        let blocks = around(0.1, 40, 5);
        let opposite: Vec<Block> =
            blocks.iter().map(|block| Block { centre: -block.centre, ..*block }).collect();
        let (one, other) = (Sequence::of(&blocks).bounds(0.01), Sequence::of(&opposite).bounds(0.01));
        assert!((one.lower + other.upper).abs() < 1e-4 && (one.upper + other.lower).abs() < 1e-4);
        assert!((one.estimate + other.estimate).abs() < 1e-4);
    }
}
