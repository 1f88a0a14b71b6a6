//! The verdict is all of a judgement in one word, with the reason for it.

mod decide;
mod foreseen;
mod reason;
mod served;

pub use decide::decide;
pub use foreseen::asks_for_failures;
pub use reason::reason_text;
