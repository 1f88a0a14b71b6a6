//! What can be found in a run without being asked, in one table.

mod kinds;
mod support;
mod table;

pub(crate) use kinds::generator::limit::{
    figures as limit_figures, remedy as limit_remedy, what as limit_text,
};
pub use support::kind::{FindingKind, FindingText};
pub use support::target_pool::pools;
pub(crate) use table::findings;
pub use table::{FINDINGS, finding_text};
