//! The verdict is all of a judgement in one word, with the reason for it.

mod decide;
mod reason;
mod served;

pub use decide::decide;
pub use reason::reason_text;
