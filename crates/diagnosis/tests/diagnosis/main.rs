//! Judgements of runs made by hand, through what the crate shows to others.

mod docs;
mod expectations;
mod made;
mod verdict;
