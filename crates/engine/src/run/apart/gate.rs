//! A gate is where a part of a run waits, once its virtual users are ready, until all parts begin together.

use std::pin::Pin;

use tokio::time::Instant;

/// When the parts of a run begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begin {
    /// When the run started: seconds are counted from this moment on. It may have passed.
    pub started: Instant,
    /// When scenarios begin.
    pub base: Instant,
}

/// Ready once it is known when the run begins; none where it does not begin.
pub type Gate<'a> = Pin<Box<dyn Future<Output = Option<Begin>> + 'a>>;
