//! The screen is what a person sees while a test runs: a header, progress, and lines of the log.
//!
//! Texts are rendered by pure functions ([`header()`], [`render()`], [`render_plain()`]); only [`Console`] writes.

mod clock;
mod console;
mod harmless;
mod header;
mod held;
mod progress;
mod spool;
mod terminal;

pub use self::console::Console;
pub use self::header::{Header, header};
pub use self::progress::{ProgressView, ScenarioState, ScenarioView, Stage, bar, render, render_plain};
pub use self::terminal::{Stream, Terminal};
pub use flashcrowd_text::{Ink, pad, plain_width, width, wrap};

#[cfg(test)]
pub(crate) use self::console::tests;
