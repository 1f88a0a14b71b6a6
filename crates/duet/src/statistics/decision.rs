//! A decision is what a duet may say at a moment, with the probability of a false alarm at any moment held below a level.

use super::block::Block;
use super::failures::Failures;
use super::sequence::{Bounds, Sequence};

/// The fewest basic blocks that decide: what lasts for so many seconds cannot be told from a difference.
pub const FEWEST_BLOCKS: usize = 40;

/// The parts of the level: all requests together, each of them by itself, failures.
const TOGETHER: f64 = 0.5;
const SINGLE: f64 = 0.25;
const FAILURES: f64 = 0.25;

/// By how much more often B may fail, as far as one can see, where it is said to be as good as A.
const MORE_FAILURES: f64 = 0.01;

/// The rules of a duet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rules {
    /// The difference that does not matter: 0.02 for 2 %.
    pub margin: f64,
    /// The probability that anything false is said at any time.
    pub alpha: f64,
}

/// What a duet says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// B is slower than A by more than the margin.
    Slower,
    /// One request is slower at B by more than the margin; its position.
    SlowerRequest(usize),
    /// B fails more often.
    FailsMore,
    /// B is faster than A by more than the margin.
    Faster,
    /// A fails more often.
    FailsLess,
    /// There is no difference larger than the margin.
    NoDifference,
}

impl Rules {
    /// The interval of the difference of all requests together.
    pub fn together(&self, blocks: &[Block]) -> Bounds {
        Sequence::of(blocks).bounds(self.alpha * TOGETHER)
    }

    /// The interval of one request of so many.
    pub fn single(&self, blocks: &[Block], requests: usize) -> Bounds {
        Sequence::of(blocks).bounds(self.alpha_of_one(requests))
    }

    /// What may be said: of all requests together, and of each of them by itself where there are several.
    pub fn decide(&self, together: &[Block], single: &[&[Block]], failures: &Failures) -> Option<Answer> {
        let alpha = self.alpha * FAILURES;
        if failures.more_at_b(alpha) {
            return Some(Answer::FailsMore);
        }
        let side = self.side(together, self.alpha * TOGETHER);
        if side == Some(Side::Above) {
            return Some(Answer::Slower);
        }
        if single.len() > 1 {
            let alpha = self.alpha_of_one(single.len());
            let slower = single.iter().position(|blocks| self.side(blocks, alpha) == Some(Side::Above));
            if let Some(at) = slower {
                return Some(Answer::SlowerRequest(at));
            }
        }
        if failures.more_at_a(alpha) {
            return Some(Answer::FailsLess);
        }
        if failures.rate_b() > failures.rate_a() + MORE_FAILURES {
            return None;
        }
        match side? {
            Side::Above => None,
            Side::Within => Some(Answer::NoDifference),
            Side::Below => Some(Answer::Faster),
        }
    }

    /// On which side of the margin the difference certainly lies.
    fn side(&self, basic: &[Block], alpha: f64) -> Option<Side> {
        if basic.len() < FEWEST_BLOCKS {
            return None;
        }
        let sequence = Sequence::of(basic);
        let (margin, enough) = (self.margin.ln_1p(), (2.0 / alpha).ln());
        match () {
            () if sequence.above(margin) >= enough => Some(Side::Above),
            () if sequence.below(-margin) >= enough => Some(Side::Below),
            () if sequence.above(-margin) >= enough && sequence.below(margin) >= enough => Some(Side::Within),
            () => None,
        }
    }

    fn alpha_of_one(&self, requests: usize) -> f64 {
        self.alpha * SINGLE / requests.max(1) as f64
    }
}

/// Where a difference lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Above,
    Within,
    Below,
}
