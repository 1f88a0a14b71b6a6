//! The house rules: what keeps the source easy to find one's way in, and what is added often cheap to add.

mod circles;
mod rules;
mod seams;
mod sizes;

pub use self::rules::{root, sources, without_tests};
