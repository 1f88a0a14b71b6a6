//! Sections that some reports have and all documents show alike: what they say, before any document sets it.

pub(crate) mod counting;
pub(crate) mod duet;
pub(crate) mod found;
pub(crate) mod from_due;
pub(crate) mod requests;
