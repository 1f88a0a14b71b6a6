//! Advice is what an operator can do about what a run has shown, and a question about it to the provider's support.

mod capacity;
mod compose;
mod fit;
mod texts;
mod trouble;

pub use compose::{Advice, HEAVIER, SupportCase, advise};
