//! Judgements of runs made by hand, through what the crate shows to others.

mod docs;
mod dynamodb;
mod expectations;
mod made;
mod prime_day;
mod verdict;
mod worked;
