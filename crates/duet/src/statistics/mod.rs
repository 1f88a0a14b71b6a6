//! The arithmetic of duets: pairs become blocks, blocks become bets, bets become intervals that hold at any time.

mod betting;
mod block;
mod correlation;
mod decision;
mod failures;
mod robust;
mod sequence;

pub use self::betting::{Bets, evidence};
pub use self::block::{Block, Gathered, merged};
pub use self::correlation::block_length;
pub use self::decision::{Answer, Rules};
pub use self::failures::{FailureCounts, Failures};
pub use self::sequence::{Bounds, Sequence};
