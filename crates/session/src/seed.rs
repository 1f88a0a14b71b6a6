//! The seed of a run is what its random arrivals are drawn with: shown and recorded, so that the run can be repeated.

use std::hash::{BuildHasher, RandomState};

use flashcrowd_engine::{Arrivals, Share};
use flashcrowd_test::Test;

/// The seed of a test's random arrivals; none where there are none. The same for all processes that share a test.
pub(crate) fn seed(test: &dyn Test) -> Option<u64> {
    let mut arrivals = test.scenarios().iter().filter_map(|scenario| scenario.executor.arrivals());
    let options = test.options();
    arrivals.any(Arrivals::is_random).then(|| {
        let shared = (*options.share() != Share::whole()).then_some(0);
        options.seed().or(shared).unwrap_or_else(at_random)
    })
}

/// A number that is short enough to be typed.
fn at_random() -> u64 {
    RandomState::new().hash_one("seed") >> 32
}
