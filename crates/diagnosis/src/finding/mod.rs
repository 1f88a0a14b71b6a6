//! What can be found in a run without being asked, in one table.

mod kinds;
mod support;
mod table;

pub use support::kind::{FindingKind, FindingText};
pub(crate) use table::findings;
pub use table::{FINDINGS, finding_text};
