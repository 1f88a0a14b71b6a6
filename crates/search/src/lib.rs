//! Finds the largest load at which promises hold: which load to try next, and what the trials tell.
//!
//! The search is pure: it knows no clock, no target and no load generator. Whoever runs it asks for the
//! [next step](Search::next_step), applies that load, and tells what was measured [second by second](Search::second).
//! `docs/find.md` has the method with its formulas and sources.

mod config;
mod curve;
mod estimate;
mod evidence;
mod posterior;
mod search;
mod trial;

pub use config::{Promise, SearchConfig};
pub use estimate::{Estimate, Interval};
pub use search::{Ending, Progress, Search, Standing, Step};
pub use trial::{Second, Tally, Trial};
