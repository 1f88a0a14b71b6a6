//! An amount is a number as people read it.

pub use flashcrowd_text::figure::{count, short_duration as time, tenths as seconds};
