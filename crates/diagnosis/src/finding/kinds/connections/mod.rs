//! Findings about the connections to the target.

pub(crate) mod resent;
pub(crate) mod slow;
